#!/bin/bash
# Runs as the user whenever a JupyterLab app starts; it must end within five minutes:
# https://docs.aws.amazon.com/sagemaker/latest/dg/jl-lcc.html
set -eu

# Files are the user's alone.
grep -qsx 'umask 077' ~/.bashrc || echo 'umask 077' >> ~/.bashrc

# Notebooks are committed without their outputs, so that no data gets into the repository by a picture or a table.
attributes="$HOME/.config/git/attributes"
mkdir -p "$(dirname "$attributes")"
grep -qsx '\*.ipynb filter=clear-output' "$attributes" || echo '*.ipynb filter=clear-output' >> "$attributes"
git config --global core.attributesFile "$attributes"
git config --global filter.clear-output.clean \
  'jupyter nbconvert --clear-output --to notebook --stdin --stdout --log-level=ERROR'
git config --global filter.clear-output.smudge cat
git config --global filter.clear-output.required true

# CodeCommit takes the role's own credentials.
git config --global credential.https://git-codecommit.*.amazonaws.com.helper '!aws codecommit credential-helper $@'
git config --global credential.https://git-codecommit.*.amazonaws.com.UseHttpPath true

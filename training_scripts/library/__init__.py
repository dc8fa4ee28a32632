"""What several workloads share. It is shipped beside their scripts: prepare.py, evaluate.py, train.py."""

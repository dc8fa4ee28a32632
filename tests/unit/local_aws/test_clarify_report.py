"""Clarify's page for people."""

from local_aws.images.algorithms.clarify.report import render

BIAS = {
    "label": "income",
    "label_value_or_threshold": "1",
    "facets": {
        "sex<F>": [
            {
                "value_or_threshold": "1",
                "metrics": [
                    {"name": "DPPL", "description": "Difference", "value": 0.25},
                    {"name": "DI", "description": "Impact", "value": "Infinity"},
                    {"name": "CDDPL", "description": "Disparity", "value": None, "error": "No group"},
                ],
            }
        ]
    },
}
SHAP = {"label0": {"global_shap_values": {"age": 0.1, "hours": 0.4}, "expected_value": -1.5}}


def test_metrics_errors_and_bars_are_shown() -> None:
    # When
    page = render("A & B", {"post_training_bias_metrics": BIAS, "explanations": {"kernel_shap": SHAP}})

    # Then
    assert "<h1>A &amp; B</h1>" in page
    assert "sex&lt;F&gt;" in page
    assert all(f">{shown}<" in page for shown in ("0.2500", "Infinity", "No group"))
    assert page.index(">hours<") < page.index(">age<")
    assert "Pre-training" not in page

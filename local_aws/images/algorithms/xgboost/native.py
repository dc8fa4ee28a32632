"""XGBoost, imported without scikit-learn and pandas.

It looks for them to offer interfaces that nothing here uses, and they take four times as long to import as
XGBoost does. A script of one's own imports all of XGBoost, in a process of its own.
"""

import sys

_UNUSED = [name for name in ("sklearn", "pandas") if name not in sys.modules]
for _name in _UNUSED:
    sys.modules[_name] = None  # type: ignore[assignment]  # Python's way to say that there is none
try:
    import xgboost
finally:
    for _name in _UNUSED:
        del sys.modules[_name]

__all__ = ["xgboost"]

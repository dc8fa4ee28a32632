"""Hosting: models, endpoint configurations, endpoints and the processes behind them."""

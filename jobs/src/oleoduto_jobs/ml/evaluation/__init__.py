"""The backtest of the candidates: errors, intervals, the choice, the goals, and estimates of errors to come."""

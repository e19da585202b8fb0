"""Statistics of scores against truth: numpy only, no torch, no disk, no terminal."""

from zsbench.stats.estimate import Estimate
from zsbench.stats.paired import Difference, difference, holm
from zsbench.stats.pairs import tie_share
from zsbench.stats.rank import kendall, null_stderr, null_stderr_shared, spearman
from zsbench.stats.regime_text import parse_regimes
from zsbench.stats.regimes import Population, Regime
from zsbench.stats.statistic import DEFAULT, Compared, Statistic, evaluate, parse_statistic
from zsbench.stats.topk import Top, best_rank_at, hit_rate_at, kendall_at, ndcg_at, precision_at, regret_at

__all__ = [
    "DEFAULT",
    "Compared",
    "Difference",
    "Estimate",
    "Population",
    "Regime",
    "Statistic",
    "Top",
    "best_rank_at",
    "difference",
    "evaluate",
    "hit_rate_at",
    "holm",
    "kendall",
    "kendall_at",
    "ndcg_at",
    "null_stderr",
    "null_stderr_shared",
    "parse_regimes",
    "parse_statistic",
    "precision_at",
    "regret_at",
    "spearman",
    "tie_share",
]

"""The fixture `zsbench_check` comes with zsbench: nothing to import."""


def test_the_ranking_is_what_it_was(zsbench_check):
    report = zsbench_check("../baseline.h5", proxy="gradient_spread")
    assert report.proxies == ("gradient_spread",)

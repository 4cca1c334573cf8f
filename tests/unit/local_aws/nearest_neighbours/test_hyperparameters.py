"""Valid hyperparameters of a k-NN training job."""

import pytest

from local_aws.algorithms.nearest_neighbours.hyperparameters import HyperparametersRefused, parse

LEAST = {"feature_dim": "65", "k": "400", "sample_size": "9066", "predictor_type": "regressor"}
IVFPQ = {"index_type": "faiss.IVFPQ"}
TO_NINE = {"dimension_reduction_target": "9"}


def test_the_least_a_job_may_give_gets_the_documented_defaults() -> None:
    given = parse(LEAST)
    assert (given.index_type, given.index_metric, given.mini_batch_size) == ("faiss.Flat", "L2", 5000)
    assert (given.feature_dim, given.k, given.sample_size) == (65, 400, 9066)


def test_lists_are_by_default_the_root_of_the_sample() -> None:
    assert parse({**LEAST, "index_type": "faiss.IVFFlat"}).ivf_nlists == 95
    assert parse({**LEAST, "index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "auto"}).ivf_nlists == 95
    assert parse({**LEAST, "index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "7"}).ivf_nlists == 7


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"k": "0"}, "k must be a whole number, at least 1, got '0'"),
        ({"k": "1.5"}, "k must be a whole number"),
        ({"feature_dim": "many"}, "feature_dim must be a whole number"),
        ({"sample_size": "-4"}, "sample_size must be a whole number"),
        ({"mini_batch_size": "0"}, "mini_batch_size must be a whole number"),
        ({"predictor_type": "ranker"}, "predictor_type must be one of classifier, regressor, got 'ranker'"),
        ({"index_type": "faiss.HNSW"}, "index_type must be one of faiss.Flat, faiss.IVFFlat, faiss.IVFPQ"),
        ({"index_metric": "inner_product"}, "index_metric must be one of L2, INNER_PRODUCT, COSINE"),
        ({"index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "0"}, "faiss_index_ivf_nlists must be"),
        ({"faiss_index_ivf_nlists": "10"}, "faiss_index_ivf_nlists is valid only with index_type faiss.IVFFlat"),
        ({**IVFPQ, "index_metric": "INNER_PRODUCT"}, "INNER_PRODUCT is not supported with index_type faiss.IVFPQ"),
        ({**IVFPQ, "index_metric": "COSINE"}, "COSINE is not supported with index_type faiss.IVFPQ"),
        (IVFPQ, "faiss.IVFPQ is not offered by the stand-in"),
        ({"faiss_index_pq_m": "8"}, "faiss_index_pq_m is valid only with index_type faiss.IVFPQ"),
        ({**IVFPQ, "faiss_index_pq_m": "5"}, "faiss_index_pq_m must be one of 1, 2, 3, 4, 8"),
        ({"dimension_reduction_type": "pca"}, "dimension_reduction_type must be one of sign, fjlt"),
        ({**TO_NINE, "dimension_reduction_type": "sign"}, "sign is not offered by the stand-in"),
        ({**TO_NINE, "dimension_reduction_type": "fjlt", "feature_dim": "9"}, "must be below feature_dim 9, got 9"),
        (TO_NINE, "go only together"),
        ({"epochs": "3"}, "epochs is not a hyperparameter of k-nearest neighbours"),
    ],
)  # fmt: skip
def test_an_illegal_value_is_named_with_its_rule(changed: dict[str, str], said: str) -> None:
    with pytest.raises(HyperparametersRefused) as refused:
        parse({**LEAST, **changed})
    assert said in str(refused.value)


@pytest.mark.parametrize("name", sorted(LEAST))
def test_a_required_one_must_be_there(name: str) -> None:
    with pytest.raises(HyperparametersRefused, match=f"{name} is missing"):
        parse({other: value for other, value in LEAST.items() if other != name})


def test_all_faults_are_in_one_message() -> None:
    with pytest.raises(HyperparametersRefused) as refused:
        parse({"k": "x", "index_metric": "dot", "speed": "high"})
    for said in (
        "feature_dim is missing",
        "sample_size is missing",
        "k must be",
        "index_metric must be",
        "speed is not",
    ):
        assert said in str(refused.value)

import numpy as np
from scipy.optimize import nnls

from sememe.dictionaries.non_negative import non_negative_codes


def test_codes_are_scipys_where_the_solution_is_unique():
    rng = np.random.default_rng(0)
    atoms = rng.normal(size=(6, 10)).astype(np.float32)
    x = rng.normal(size=(40, 10)).astype(np.float32)
    codes = non_negative_codes(x, atoms)
    for row, item in zip(codes, x, strict=True):
        np.testing.assert_allclose(row, nnls(atoms.T.astype(float), item.astype(float))[0], atol=1e-4)
    assert (codes == 0).any()


def test_an_atom_of_length_zero_gets_codes_of_zero():
    atoms = np.array([[0.0, 0.0], [0.0, 2.0]], dtype=np.float32)
    assert non_negative_codes(np.array([[3.0, 4.0]], dtype=np.float32), atoms).tolist() == [[0.0, 2.0]]

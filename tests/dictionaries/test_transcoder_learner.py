import torch

from sememe.dictionaries.transcoder_learner import answering_atoms


def test_first_atoms_are_the_encoder_rows_where_a_white_layer_is_its_own_target():
    rows = torch.nn.functional.normalize(torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), dim=1)
    x = torch.cat([torch.eye(4), -torch.eye(4)])
    torch.testing.assert_close(answering_atoms(rows, x, 3 * x, seed=0), rows)


def test_first_atoms_are_random_where_the_later_layer_does_not_follow():
    rows, x = torch.eye(4)[:3], torch.cat([torch.eye(4), -torch.eye(4)])
    found = answering_atoms(rows, x, torch.zeros(8, 5), seed=0)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))

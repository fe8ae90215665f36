"""Dictionaries in the files of other libraries: imported with the same codes, exported for them to load.

==================== ==================================== ===============================================
format               files                                what is exchanged
==================== ==================================== ===============================================
saelens              cfg.json, sae_weights.safetensors    standard, topk, jumprelu, gated, matching pursuit
                                                          of a number of steps, (skip) transcoder with a ReLU
dictionary_learning  ae.pt, config.json                   all of its classes; backups are read, too
sparsify             cfg.json, sae.safetensors            topk, (skip) transcoder with topk
overcomplete         a state_dict, overcomplete.json      SAE, TopK, BatchTopK, Jump; archetypal are read
saev                 one file                             Relu and BatchTopK are read
==================== ==================================== ===============================================
"""

from sememe.dictionaries.formats.conversion import export_from_folder, import_to_folder
from sememe.dictionaries.formats.exchange import Format, export_dictionary, formats, import_dictionary

__all__ = [
    "Format",
    "export_dictionary",
    "export_from_folder",
    "formats",
    "import_dictionary",
    "import_to_folder",
]

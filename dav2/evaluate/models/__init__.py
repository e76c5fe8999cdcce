"""Any model as a function from a picture to a map: ours, and other people's.

| `--model` | what it is | sign |
| --- | --- | --- |
| `lower is nearer`, ... | a rule of `TRIVIAL_RULES` | known |
| run, weights, export | ours and released Depth Anything, see `dav2.infer.open_predictor` | known |
| `hf:NAME` or its folder | a depth-estimation model of `transformers` | by its class, or `--sign` |
| `marigold:NAME` or its folder | a Marigold pipeline of `diffusers` | by its configuration |
| `FILE.onnx` | somebody else's network | `--sign` |
| `module:function` | a Python function, image -> map | `--sign` |

NAME is of the Hugging Face Hub, or a folder. Whether larger is nearer (disparity) or farther (depth)
is known of a class or declared, and never looked up in the maps: see `SIGNS` in `transformed.py`.
"""

from dav2.evaluate.models.opening import Model, kind_of, open_model

__all__ = ["Model", "kind_of", "open_model"]

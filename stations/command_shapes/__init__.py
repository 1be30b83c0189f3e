"""The shape of each kind of command, read from its dataclass: names, types, defaults.

What comes from outside is judged against it (`read_params`), forms are made of it (`parts_of`), and
the API describes itself with it (`schema_of`). A new kind needs nothing here.
"""

from stations.command_shapes.parts import Part, holds_instant, is_shape, parts_of
from stations.command_shapes.reading import BadParams, read_params
from stations.command_shapes.schema import about, schema_of

__all__ = ["BadParams", "Part", "about", "holds_instant", "is_shape", "parts_of", "read_params", "schema_of"]

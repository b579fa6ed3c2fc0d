"""What a bundle's configuration may name: packages whose public classes and functions are known to be harmless.

Nothing here runs a bundle. The packages are installed ones and may be imported to look a name up; what is found is
never called.
"""

from __future__ import annotations

import importlib
import re
import sys
from functools import cache
from types import ModuleType
from typing import Any, Literal

from monai.bundle import ComponentLocator

PACKAGES = {
    "PIL", "einops", "ignite", "itk", "monai", "nibabel", "numpy", "pandas", "radiobundle", "schedulefree", "scipy",
    "skimage", "sklearn", "timm", "torch", "torchvision", "tqdm",
}  # fmt: skip
# Of the standard library only these; * stands for every public name.
STANDARD: dict[str, set[str]] = {
    "collections": {"*"},
    "contextlib": {"nullcontext", "suppress"},
    "copy": {"copy", "deepcopy"},
    "datetime": {"*"},
    "functools": {"partial", "reduce", "cache", "lru_cache"},
    "glob": {"glob", "iglob", "escape"},
    "itertools": {"*"},
    "json": {"dumps", "load", "loads"},
    "logging": {"getLogger", "DEBUG", "INFO", "WARNING", "ERROR"},
    "math": {"*"},
    "operator": {"add", "and_", "eq", "floordiv", "ge", "getitem", "gt", "itemgetter", "le", "lt", "mod", "mul", "ne",
                 "neg", "not_", "or_", "sub", "truediv"},
    "os": {"cpu_count", "environ", "fspath", "getcwd", "getenv", "listdir", "makedirs", "path", "sep"},
    "pathlib": {"Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"},
    "random": {"*"},
    "re": {"*"},
    "statistics": {"*"},
    "string": {"ascii_letters", "ascii_lowercase", "ascii_uppercase", "capwords", "digits", "hexdigits", "punctuation"},
    "sys": {"maxsize", "platform", "stderr", "stdout", "version", "version_info"},
    "time": {"perf_counter", "strftime", "time"},
    "typing": {"Any", "Callable", "Dict", "List", "Optional", "Sequence", "Tuple", "Union"},
    "warnings": {"filterwarnings", "simplefilter", "warn"},
}  # fmt: skip
BUILTINS = {
    "abs", "all", "any", "bool", "bytes", "complex", "dict", "divmod", "enumerate", "filter", "float", "format",
    "frozenset", "hasattr", "int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next",
    "pow", "print", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple", "zip",
    "Exception", "IndexError", "KeyError", "RuntimeError", "TypeError", "ValueError", "Ellipsis", "NotImplemented",
}  # fmt: skip
# Of large packages only these parts; they hold a benchmark that runs a text, a clipboard, a test runner, ... as well.
_PARTS: dict[str, set[str]] = {
    "PIL": {"Image", "ImageChops", "ImageColor", "ImageDraw", "ImageEnhance", "ImageFilter", "ImageOps", "ImageStat"},
    "monai": {"apps", "config", "data", "engines", "handlers", "inferers", "losses", "metrics", "networks",
              "optimizers", "transforms", "utils", "visualize"},
    "numpy": {"char", "exceptions", "fft", "linalg", "ma", "polynomial", "random", "strings", "typing"},
    "pandas": {"api", "arrays", "errors", "offsets"},
    "radiobundle.authoring": set(),
    "radiobundle.bundles": {"running"},
    "radiobundle.models": {"ensemble"},
    "radiobundle.packaging": set(),
    "schedulefree": set(),
    "scipy": {"cluster", "constants", "fft", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal",
              "sparse", "spatial", "special", "stats"},
    "skimage": {"color", "draw", "exposure", "feature", "filters", "graph", "measure", "metrics", "morphology",
                "registration", "restoration", "segmentation", "transform", "util"},
    "torch": {"amp", "autograd", "backends", "cpu", "cuda", "distributed", "distributions", "fft", "func", "functional",
              "linalg", "mps", "nn", "optim", "profiler", "random", "sparse", "special", "types", "utils", "version",
              "xpu"},
    "torch.backends": {"cpu", "cuda", "cudnn", "mha", "mkl", "mkldnn", "mps", "opt_einsum", "openmp", "quantized"},
    "torch.distributed": {"algorithms", "fsdp", "optim"},
    "torch.utils": {"checkpoint", "data", "tensorboard"},
    "torchvision": {"models", "ops", "transforms", "tv_tensors"},
}  # fmt: skip
ENVIRONMENT = "os.environ"  # which may be read, and no more: programs that are started later obey it
_READ = {"copy", "get", "items", "keys", "values"}
LOADERS = {"torch.load", "numpy.load"}  # which may be called, with arguments that are looked at
# Of classes, and of objects whose type cannot be known from the text, these run, load, write or remove something.
HARMFUL_ATTRIBUTES = re.compile(
    r"__\w+__|system|popen|(posix_)?spawn\w*|exec\w*|fork\w*|unlink|rmdir|rmtree|removedirs|write_text|write_bytes|chmod"
    r"|symlink_to|hardlink_to|touch|open|rename|load_library|import_module|loads?_pickle|to_(pickle|csv|excel|hdf|parquet|sql)"
    r"|tofile|dump|save|show|from_file|query|attrgetter|methodcaller|f_(globals|locals|back|builtins|code)"
    r"|(ag|cr|gi|tb)_(frame|code)|func_globals"
)
# In the packages above, what runs commands or foreign code, loads pickles, or fetches and writes files.
_HARMFUL = re.compile(
    r"""
    monai\.(bundle|fl|_extensions|apps\.(auto3dseg|datasets|mmars|nnunet|utils|tcia))\b.*
    | monai\.utils\.(misc\.run_cmd|module\..*|jupyter_utils\..*|state_cacher\..*)
    | torch\.(hub|package|serialization|multiprocessing|library|fx|testing|onnx|classes|ops|jit|export)\b.*
    | torch\.utils\.(cpp_extension|model_zoo|collect_env|bottleneck|bundled_inputs|hipify|show_pickle)\b.*
    | torch\.distributed\.(rpc|elastic|launch|launcher|run|pipeline)\b.* | torch\.distributed\.(.*\.)?\w*_object(_list)?
    | torch\.(save|from_file|import_ir_module.*)
    | numpy\.(f2py|ctypeslib|distutils|testing)\b.*
    | numpy\.(.*\.)?(save|savez|savez_compressed|savetxt|memmap|fromfile)
    | pandas\.(.*\.)?(read_pickle|to_pickle|eval|HDFStore|read_hdf|read_clipboard|read_sql\w*|ExcelWriter)
    | (numpy|pandas|scipy|skimage)\.(_pytesttester\.)?test
    | ignite\.distributed\.(launcher\.)?Parallel | ignite\.distributed\.(utils\.)?spawn
    | scipy\.(.*\.)?(savemat|mmwrite) | scipy\.(weave|_build_utils)\b.*
    | sklearn\.datasets\b.* | skimage\.(data|io)\b.* | timm\.models\._hub\b.* | torchvision\.datasets\b.*
    | radiobundle\.(authoring|cli|files|packaging|phantoms|result_set|serving)\b.* | radiobundle\..*_command
    """,
    re.VERBOSE,
)


def name_problem(dotted: str, *, kind: Literal["callable", "value", "import"] = "callable") -> str:
    """Return why a configuration may not name something; empty: it may.

    Args:
        dotted: full path, such as `torch.nn.Linear`.
        kind: "callable" wants a class or function; a "value" may also be a constant, such as `torch.float32`; an
            "import" may also be a module.
    """
    package, *parts = dotted.split(".")
    if any(part.startswith("_") and part != "__version__" for part in parts):
        return f"reaches into {dotted}, which is private"
    if package in STANDARD:
        return _standard_problem(package, parts, kind)
    if package in sys.stdlib_module_names:
        return f"uses {package} of the standard library, which a configuration may not use"
    if package not in PACKAGES:
        return f"uses {package}, which is not one of the known packages"
    found = _find(dotted)
    if isinstance(found, str):
        return found
    return _object_problem(dotted, found, kind)


def is_installed(package: str) -> bool:
    """Whether one of the known packages can be imported here."""
    return _import(package) is not None


@cache
def find_component(name: str) -> str:
    """Return the full path of a `_target_` that is a bare name, as MONAI finds it; empty: it is none of MONAI's."""
    module = _locator().get_component_module_name(name)
    first = module[0] if isinstance(module, list) else module
    return f"{first}.{name}" if first else ""


def is_harmful(dotted: str) -> bool:
    """Whether something in a known package runs commands or foreign code, loads pickles, or fetches or writes files."""
    return _HARMFUL.fullmatch(dotted) is not None


@cache
def _locator() -> ComponentLocator:
    return ComponentLocator()


@cache
def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:  # a package that cannot be imported here cannot be looked into
        return None


def _standard_problem(module: str, parts: list[str], kind: str) -> str:
    if not parts:
        return "" if kind == "import" else f"exposes the whole module {module}"
    known = STANDARD[module]
    if "*" not in known and parts[0] not in known:
        return f"uses {module}.{parts[0]}, which a configuration may not use"
    if f"{module}.{parts[0]}" == ENVIRONMENT and not _READ.issuperset(parts[1:2]):
        return f"names {'.'.join([module, *parts])}, which can change the environment"
    found: Any = importlib.import_module(module)
    for depth, part in enumerate(parts):
        is_member, found = isinstance(found, type), getattr(found, part, None)
        is_own = depth == 0 and ("*" not in known or getattr(found, "__name__", "").startswith(f"{module}."))
        if isinstance(found, ModuleType) and not is_own:  # such as statistics.sys
            return f"reaches {found.__name__} through {'.'.join([module, *parts])}"
        if is_member and HARMFUL_ATTRIBUTES.fullmatch(part):
            return f"names {'.'.join([module, *parts])}, which can run other code, fetch or write files"
    return ""


def _find(dotted: str) -> Any:
    """Return the object of a path in a known package, or a text that says why there is none."""
    package, *parts = dotted.split(".")
    found: Any = _import(package)
    if found is None:
        return "" if not parts else f"uses {package}, which is not installed here, so it cannot be checked"
    path = package
    for part in parts:
        path = f"{path}.{part}"
        following = getattr(found, part, None)
        if following is None and isinstance(found, ModuleType):
            following = _import(path)
        if following is None:
            return f"names {dotted}, but there is no {path}"
        if isinstance(following, ModuleType) and not _belongs(following.__name__, package):
            return f"reaches {following.__name__} through {path}"
        parts_of = path.rpartition(".")[0]
        if isinstance(following, ModuleType) and part not in _PARTS.get(parts_of, {part}):
            return f"uses {path}, which is not one of the parts of {parts_of} that a configuration may use"
        if isinstance(found, type) and HARMFUL_ATTRIBUTES.fullmatch(part):
            return f"names {dotted}, which can run other code, fetch or write files"
        found = following
    return found


def _object_problem(dotted: str, found: Any, kind: str) -> str:
    package = dotted.split(".", maxsplit=1)[0]
    home = getattr(found, "__module__", None)
    name = f"{home}.{getattr(found, '__name__', '?')}" if isinstance(home, str) else ""
    if dotted != "torch.load" and (is_harmful(dotted) or is_harmful(name)):  # whose arguments are looked at instead
        return f"names {dotted}, which can run other code, fetch or write files"
    if isinstance(found, ModuleType):
        return "" if kind == "import" else f"exposes the whole module {dotted}"
    if not callable(found):
        return f"names {dotted}, which is not a class or function" if kind == "callable" else ""
    if name and not _belongs(name, package):
        return f"reaches {name} through {dotted}"
    return ""


def _belongs(module: str, package: str) -> bool:
    top = module.split(".", maxsplit=1)[0]
    return top in (package, f"_{package}") or (package, top) in {("torch", "torchgen"), ("itk", "itkConfig")}

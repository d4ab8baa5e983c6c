const words = (text: string): string[] => text.trim().split(/\s+/);

/**
 * Python's own library, public and private, of all versions in use. Much of it runs code, reaches files or the network, or can be made to:
 * whatever of it is not on the allow-list fails at once.
 */
const PYTHON_LIBRARY =
  words(`__main__ _abc _aix_support _android_support _apple_support _ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess
  _bz2 _codecs _collections _collections_abc _colorize _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses _datetime _dbm
  _decimal _distutils_hack _dummy_thread _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _interpreters
  _io _ios_support _json _locale _lsprof _lzma _markupbase _md5 _multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support
  _overlapped _pickle _posixshmem _posixsubprocess _py_abc _py_warnings _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random _remote_debugging
  _scproxy _sha1 _sha2 _sha3 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _suggestions _symtable
  _sysconfig _thread _threading_local _tkinter _tokenize _tracemalloc _typing _types _uuid _warnings _weakref _weakrefset _winapi _wmi _zoneinfo
  _zstd abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect bz2
  cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib
  contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings
  ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob
  graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3
  linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt
  ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pip pipes pkg_resources pkgutil platform plistlib
  poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib
  resource rlcompleter runpy sched secrets select selectors setuptools shelve shlex shutil signal site sitecustomize smtpd smtplib sndhdr socket
  socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys
  sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace
  traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib usercustomize uu uuid venv warnings wave weakref
  webbrowser winreg winsound wsgiref xdrlib xml xmlrpc xxsubtype zipapp zipfile zipimport zlib zoneinfo builtins __builtin__`);

/** Names of Python 2's library, which an unpickler of old protocols translates. */
const PYTHON_2_LIBRARY =
  words(`__builtin__ commands popen2 cPickle StringIO cStringIO urllib2 urlparse robotparser httplib htmlentitydefs HTMLParser
  Cookie cookielib BaseHTTPServer SimpleHTTPServer CGIHTTPServer SocketServer xmlrpclib SimpleXMLRPCServer DocXMLRPCServer Queue ConfigParser
  repr anydbm dbhash dumbdbm gdbm dummy_thread thread copy_reg UserDict UserList UserString Tkinter tkFileDialog tkSimpleDialog
  _abcoll _winreg whichdb imputil ihooks rexec Bastion compiler new sets md5 sha os2 os2emxpath riscos ce statvfs posixfile dircache`);

/** Other libraries' modules that run, load, compile, download or call on behalf of the caller. */
const DANGEROUS_MODULES = new Set([
  ...PYTHON_LIBRARY,
  ...PYTHON_2_LIBRARY,
  ...words(`dill cloudpickle joblib jsonpickle yaml ruamel pandas.io pandas.core.computation pandas.util pandas.testing pandas._testing pandas.compat
    pandas.core.apply pandas.core.eval numpy.testing numpy.f2py numpy.distutils numpy.ctypeslib numpy.compat numpy.lib numpy.core._internal
    numpy._core._internal numpy._pytesttester numpy._utils scipy.io scipy._lib scipy.datasets scipy.weave sklearn.utils sklearn.datasets sklearn.externals
    torch.hub torch.jit torch.utils torch.serialization torch._dynamo torch._inductor torch.distributed torch.multiprocessing torch.package torch.testing torch.fx
    torch.cuda torch.ops torch.library torch._C torch.onnx torch.export torch.compiler torch.autograd torch.backends torch._numpy torch._tensor
    tensorflow keras xgboost.compat xgboost.testing lightgbm.compat mlflow
    requests aiohttp httpx urllib3 paramiko fabric boto3 botocore fsspec s3fs smart_open
    cffi pexpect sh plumbum psutil docker git invoke click typer IPython ipykernel jupyter nbformat pytest _pytest nose py
    setuptools_scm wheel pip virtualenv conda distlib sqlalchemy psycopg2 pymysql redis celery ray dask numba cython Cython llvmlite sympy
    jinja2 mako django flask werkzeug tornado twisted gevent eventlet networkx.readwrite matplotlib PIL.ImageMath PIL.Image nltk spacy
    transformers datasets huggingface_hub onnxruntime onnx tvm mxnet paddle theano execnet rpyc Pyro4 Pyro5 pydantic.v1.utils`),
]);

/** What a callable of any library is called when it runs, loads, writes, fetches or hands on. */
const DANGEROUS_NAME =
  /^_*(?:(?:safe_|literal_)?(?:eval|exec)\w*|compile\w*|system|[sp]open\w*|Popen|spawn\w*|fork\w*|run\w*|call\w*|invoke\w*|execute\w*|command\w*|shell\w*|subprocess\w*|check_(?:call|output)|open\w*|urlopen|urlretrieve|retrieve\w*|download\w*|fetch\w*|request\w*|load\w*|unpickle\w*|read_\w+|read|from_?(?:file|pickle|string|buffer_raw)\w*|genfromtxt|fromregex|fromfunction|save\w*|dump\w*|to_pickle|write\w*|import\w*|__import__|resolve_name|find_\w*module|getattr|setattr|delattr|hasattr|vars|globals|locals|attrgetter|itemgetter|methodcaller|partial\w*|apply\w*|map|filter|reduce|vectorize|frompyfunc|piecewise|ufunc_reconstruct|lambdify|sympify|parse_expr|memmap|DataSource|FileHandler|HTTPHandler|SocketHandler|ZipFile|TarFile|Thread|Process|Timer|Pool|Client|Session|install\w*|main|remove|unlink|rmtree|rename|chmod|kill|register\w*|jit|njit)$/;

/** Digested with the lists: a change of what fails makes stored results out of date. */
export const DANGEROUS_LISTS = [[...DANGEROUS_MODULES].toSorted(), DANGEROUS_NAME.source] as const;

export function isDangerous(module: string, name: string): boolean {
  const parts = module.split(".");
  if (parts.some((_, at) => DANGEROUS_MODULES.has(parts.slice(0, at + 1).join(".")))) return true;
  if (module === "" || name === "") return true;
  const steps = name.split(".");
  // A dotted name walks attributes, which reaches modules that the import does not name; only a chain of classes does not.
  if (steps.length > 1 && !steps.every((step) => /^_*[A-Z]\w*$/.test(step))) return true;
  return steps.some((step) => DANGEROUS_NAME.test(step) || /^__\w*__$/.test(step));
}

import { digestOf } from "../../core/digest";

/** Raise with every change of the lists; files are scanned again when the digest changes. */
export const IMPORT_LIST_VERSION = "2026.11.1";

type Library = Readonly<Record<string, readonly string[]>>;

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Two spellings: Python 2 names appear in protocols 0 to 2. */
const PYTHON_TYPES = words(
  "bool bytearray bytes complex dict float frozenset int list object set slice str tuple",
);

const python: Library = {
  builtins: PYTHON_TYPES,
  __builtin__: [...PYTHON_TYPES, "long", "unicode"],
  collections: ["OrderedDict", "defaultdict", "Counter", "deque"],
  copyreg: ["_reconstructor"],
  copy_reg: ["_reconstructor"],
  _codecs: ["encode"],
  datetime: ["date", "datetime", "time", "timedelta", "timezone"],
  decimal: ["Decimal"],
  fractions: ["Fraction"],
};

const NUMPY_MULTIARRAY = ["_reconstruct", "scalar"];
const numpy: Library = {
  numpy: words(
    "ndarray dtype bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 str_ bytes_",
  ),
  "numpy.core.multiarray": NUMPY_MULTIARRAY,
  "numpy._core.multiarray": NUMPY_MULTIARRAY,
  "numpy.core.numeric": ["_frombuffer"],
  "numpy._core.numeric": ["_frombuffer"],
  "numpy.ma.core": ["_mareconstruct", "MaskedArray"],
  "numpy.random._pickle": ["__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"],
  "numpy.random._mt19937": ["MT19937"],
  "numpy.random._pcg64": ["PCG64"],
  "numpy.random.mtrand": ["RandomState"],
};

const scipy: Library = {
  "scipy.sparse._csr": ["csr_matrix", "csr_array"],
  "scipy.sparse._csc": ["csc_matrix", "csc_array"],
  "scipy.sparse._coo": ["coo_matrix", "coo_array"],
};

const torch: Library = {
  torch: words(
    "Size device FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool",
  ),
  "torch._utils": ["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"],
  "torch.storage": ["UntypedStorage", "TypedStorage"],
  "torch.nn.parameter": ["Parameter"],
};

const sklearn: Library = {
  "sklearn.pipeline": ["Pipeline", "FeatureUnion"],
  "sklearn.compose._column_transformer": ["ColumnTransformer", "_RemainderColsList"],
  "sklearn.compose._target": ["TransformedTargetRegressor"],
  "sklearn.utils._bunch": ["Bunch"],
  "sklearn.preprocessing._data": words(
    "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer QuantileTransformer PowerTransformer",
  ),
  "sklearn.preprocessing._polynomial": ["PolynomialFeatures", "SplineTransformer"],
  "sklearn.preprocessing._encoders": ["OneHotEncoder", "OrdinalEncoder"],
  "sklearn.preprocessing._label": ["LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"],
  "sklearn.preprocessing._discretization": ["KBinsDiscretizer"],
  "sklearn.impute._base": ["SimpleImputer", "MissingIndicator"],
  "sklearn.impute._knn": ["KNNImputer"],
  "sklearn.feature_selection._univariate_selection": [
    "SelectKBest",
    "SelectPercentile",
    "f_classif",
    "f_regression",
    "chi2",
  ],
  "sklearn.feature_selection._variance_threshold": ["VarianceThreshold"],
  "sklearn.feature_extraction.text": [
    "CountVectorizer",
    "TfidfVectorizer",
    "TfidfTransformer",
    "HashingVectorizer",
  ],
  "sklearn.decomposition._pca": ["PCA"],
  "sklearn.decomposition._truncated_svd": ["TruncatedSVD"],
  "sklearn.linear_model._base": ["LinearRegression"],
  "sklearn.linear_model._ridge": ["Ridge", "RidgeCV", "RidgeClassifier", "RidgeClassifierCV"],
  "sklearn.linear_model._coordinate_descent": ["Lasso", "LassoCV", "ElasticNet", "ElasticNetCV"],
  "sklearn.linear_model._logistic": ["LogisticRegression", "LogisticRegressionCV"],
  "sklearn.linear_model._stochastic_gradient": ["SGDClassifier", "SGDRegressor"],
  "sklearn.linear_model._sgd_fast": words(
    "Hinge SquaredHinge Log ModifiedHuber SquaredLoss Huber EpsilonInsensitive SquaredEpsilonInsensitive",
  ),
  "sklearn.linear_model._bayes": ["BayesianRidge"],
  "sklearn.tree._classes": [
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
  ],
  "sklearn.tree._tree": ["Tree"],
  "sklearn.ensemble._forest": [
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
  ],
  "sklearn.ensemble._gb": ["GradientBoostingClassifier", "GradientBoostingRegressor"],
  "sklearn.ensemble._bagging": ["BaggingClassifier", "BaggingRegressor"],
  "sklearn.ensemble._weight_boosting": ["AdaBoostClassifier", "AdaBoostRegressor"],
  "sklearn.ensemble._voting": ["VotingClassifier", "VotingRegressor"],
  "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": [
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
  ],
  "sklearn.ensemble._hist_gradient_boosting.predictor": ["TreePredictor"],
  "sklearn.ensemble._hist_gradient_boosting.binning": ["_BinMapper"],
  "sklearn._loss._loss": [
    "CyHalfBinomialLoss",
    "CyHalfMultinomialLoss",
    "CyHalfSquaredError",
    "CyAbsoluteError",
  ],
  "sklearn._loss.loss": [
    "HalfBinomialLoss",
    "HalfMultinomialLoss",
    "HalfSquaredError",
    "AbsoluteError",
    "ExponentialLoss",
  ],
  "sklearn._loss.link": ["IdentityLink", "LogitLink", "LogLink", "MultinomialLogit", "Interval"],
  "sklearn.dummy": ["DummyClassifier", "DummyRegressor"],
  "sklearn.naive_bayes": ["GaussianNB", "MultinomialNB", "BernoulliNB", "ComplementNB"],
  "sklearn.neighbors._classification": ["KNeighborsClassifier"],
  "sklearn.neighbors._regression": ["KNeighborsRegressor"],
  "sklearn.neighbors._kd_tree": ["KDTree", "newObj", "KDTree64"],
  "sklearn.neighbors._ball_tree": ["BallTree", "newObj", "BallTree64"],
  "sklearn.metrics._dist_metrics": [
    "EuclideanDistance",
    "EuclideanDistance64",
    "MinkowskiDistance64",
    "newObj",
  ],
  "sklearn.svm._classes": ["SVC", "SVR", "LinearSVC", "LinearSVR", "NuSVC"],
  "sklearn.neural_network._multilayer_perceptron": ["MLPClassifier", "MLPRegressor"],
  "sklearn.neural_network._stochastic_optimizers": ["AdamOptimizer", "SGDOptimizer"],
  "sklearn.cluster._kmeans": ["KMeans", "MiniBatchKMeans"],
  "sklearn.calibration": ["CalibratedClassifierCV", "_CalibratedClassifier", "_SigmoidCalibration"],
  "sklearn.isotonic": ["IsotonicRegression"],
  "sklearn.multiclass": ["OneVsRestClassifier", "OneVsOneClassifier", "_ConstantPredictor"],
};

/** Exact imports that cannot run code of the file's choosing, by library. Names are matched whole, never by prefix. */
export const ALLOWED_IMPORTS = { python, numpy, scipy, torch, sklearn } as const;

/** Modules that are known to run code, reach files or the network; used to word a finding and to fail at once. */
const DANGEROUS_MODULES = new Set(
  words(`os posix nt ntpath posixpath subprocess sys shutil socket socketserver ssl pty runpy importlib imp pkgutil zipimport
    pickle _pickle cPickle dill cloudpickle joblib shelve marshal ctypes _ctypes cffi code codeop codecs pdb bdb profile cProfile trace
    timeit doctest pydoc webbrowser urllib http httplib ftplib smtplib imaplib poplib telnetlib xmlrpc requests aiohttp asyncio
    multiprocessing threading _thread concurrent signal tempfile pathlib io _io glob fileinput logging inspect types gc operator _operator
    functools _functools itertools uuid platform getpass venv ensurepip pip setuptools distutils idlelib lib2to3 test unittest ast dis
    compileall py_compile site sitecustomize resource fcntl mmap pwd _posixsubprocess _pyrepl _osx_support _aix_support nturl2path commands popen2 sqlite3
    torch.hub torch.jit torch.utils numpy.testing numpy.f2py numpy.distutils tensorflow keras`),
);

const ALLOWED = new Set(
  Object.values<Library>(ALLOWED_IMPORTS).flatMap((library) =>
    Object.entries(library).flatMap(([module, names]) => names.map((name) => `${module} ${name}`)),
  ),
);

/** Digest of everything that decides how an import is judged. */
export const IMPORT_LIST_DIGEST = digestOf({
  version: IMPORT_LIST_VERSION,
  allowed: [...ALLOWED].toSorted(),
  dangerous: [...DANGEROUS_MODULES].toSorted(),
});

export function judgeImport(module: string, name: string): "allowed" | "dangerous" | "unknown" {
  if (ALLOWED.has(`${module} ${name}`)) return "allowed";
  if (module === "builtins" || module === "__builtin__" || module === "") return "dangerous";
  // A dotted name walks attributes, which reaches modules that the import itself does not name.
  if (name.includes(".") || name === "") return "dangerous";
  const parts = module.split(".");
  return parts.some((_, at) => DANGEROUS_MODULES.has(parts.slice(0, at + 1).join(".")))
    ? "dangerous"
    : "unknown";
}

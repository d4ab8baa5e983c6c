type Library = Readonly<Record<string, readonly string[]>>;

/** One module a line with its names; a longer line goes on where there is no colon. */
function library(text: string): Library {
  const found: Record<string, string[]> = {};
  let names: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    if (word.endsWith(":")) found[word.slice(0, -1)] = names = [];
    else names.push(word);
  }
  return found;
}

/** Two spellings of the types' module: Python 2 names appear in protocols 0 to 2. */
const python = library(`
  __builtin__: Ellipsis NotImplemented bool bytearray() bytes() complex() dict() float frozenset() int list() long object set() slice()
    str tuple() unicode xrange()
  _codecs: encode()
  argparse: Namespace
  builtins: Ellipsis NotImplemented bool bytearray() bytes() complex() dict() float frozenset() int list() object range() set() slice()
    str tuple()
  collections: Counter() OrderedDict() defaultdict() deque()
  copy_reg: _reconstructor()
  copyreg: _reconstructor()
  datetime: date() datetime() time() timedelta() timezone()
  decimal: Decimal()
  fractions: Fraction()
  pathlib: PosixPath() PurePosixPath() PureWindowsPath() WindowsPath()
  pathlib._local: PosixPath() PurePosixPath() PureWindowsPath() WindowsPath()
  types: SimpleNamespace
  uuid: UUID
`);

/** Functions without parentheses may be kept by a transformer, not called while loading. */
const numpy = library(`
  numpy: abs absolute asarray bool bool_ bytes_ complex128 complex64 cos datetime64 dtype() exp expm1 float16 float32 float64 int16 int32
    int64 int8 log log10 log1p log2 matrix mean median ndarray recarray record reciprocal sin sqrt square str_ tanh timedelta64 uint16 uint32
    uint64 uint8
  numpy._core.multiarray: _reconstruct() scalar()
  numpy._core.numeric: _frombuffer()
  numpy.core.multiarray: _reconstruct() scalar()
  numpy.core.numeric: _frombuffer()
  numpy.dtypes: StringDType()
  numpy.ma: MaskedArray
  numpy.ma.core: MaskedArray _mareconstruct()
  numpy.matrixlib.defmatrix: matrix
  numpy.rec: recarray record
  numpy.random._generator: Generator
  numpy.random._mt19937: MT19937
  numpy.random._pcg64: PCG64 PCG64DXSM
  numpy.random._philox: Philox
  numpy.random._pickle: __bit_generator_ctor() __generator_ctor() __randomstate_ctor()
  numpy.random._sfc64: SFC64
  numpy.random.bit_generator: SeedSequence __pyx_unpickle_SeedSequence()
  numpy.random.mtrand: RandomState
`);

const scipy = library(`
  scipy._lib.array_api_compat.numpy._aliases: asarray
  scipy.interpolate._bsplines: BSpline
  scipy.sparse._bsr: bsr_array bsr_matrix
  scipy.sparse._coo: coo_array coo_matrix
  scipy.sparse._csc: csc_array csc_matrix
  scipy.sparse._csr: csr_array csr_matrix
  scipy.sparse._dia: dia_array dia_matrix
  scipy.sparse._dok: dok_array dok_matrix
  scipy.sparse._lil: lil_array lil_matrix
  scipy.sparse.bsr: bsr_matrix
  scipy.sparse.coo: coo_matrix
  scipy.sparse.csc: csc_matrix
  scipy.sparse.csr: csr_matrix
  scipy.sparse.dia: dia_matrix
  scipy.sparse.dok: dok_matrix
  scipy.sparse.lil: lil_matrix
`);

/** Stands for an array in a stream and is judged with it (`numpy-dtype.ts`). */
const joblib = library(`
  joblib.numpy_pickle: NumpyArrayWrapper
`);

const torch = library(`
  torch: BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage FloatStorage
    HalfStorage IntStorage LongStorage ShortStorage Size() bfloat16 bool complex128 complex64 device() float16 float32 float64
    float8_e4m3fn float8_e5m2 int16 int32 int64 int8 sparse_coo sparse_csr strided uint16 uint32 uint64 uint8
  torch._utils: _rebuild_parameter() _rebuild_parameter_with_state() _rebuild_qtensor() _rebuild_sparse_tensor() _rebuild_tensor()
    _rebuild_tensor_v2() _rebuild_tensor_v3()
  torch.jit._pickle: build_boollist() build_doublelist() build_intlist() build_tensorlist()
  torch.nn.modules.activation: CELU ELU GELU Hardsigmoid Hardswish Hardtanh LeakyReLU LogSoftmax Mish MultiheadAttention PReLU ReLU ReLU6
    SELU SiLU Sigmoid Softmax Softplus Tanh
  torch.nn.modules.batchnorm: BatchNorm1d BatchNorm2d BatchNorm3d
  torch.nn.modules.container: ModuleDict ModuleList ParameterDict ParameterList Sequential
  torch.nn.modules.conv: Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
  torch.nn.modules.dropout: Dropout Dropout1d Dropout2d Dropout3d
  torch.nn.modules.flatten: Flatten Unflatten
  torch.nn.modules.linear: Bilinear Identity Linear NonDynamicallyQuantizableLinear
  torch.nn.modules.loss: BCELoss BCEWithLogitsLoss CrossEntropyLoss HuberLoss L1Loss MSELoss NLLLoss SmoothL1Loss
  torch.nn.modules.normalization: GroupNorm LayerNorm LocalResponseNorm RMSNorm
  torch.nn.modules.pooling: AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d AvgPool3d
    MaxPool1d MaxPool2d MaxPool3d
  torch.nn.modules.rnn: GRU GRUCell LSTM LSTMCell RNN RNNCell
  torch.nn.modules.sparse: Embedding EmbeddingBag
  torch.nn.modules.transformer: Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
  torch.nn.parameter: Buffer Parameter
  torch.serialization: _get_layout()
  torch.storage: TypedStorage UntypedStorage
`);

const boosting = library(`
  lightgbm.basic: Booster
  lightgbm.sklearn: LGBMClassifier LGBMModel LGBMRanker LGBMRegressor
  xgboost.core: Booster
  xgboost.sklearn: XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor
`);

/**
 * Estimators and their parts. Restoring one sets its attributes and nothing else; a function that it holds is an import of its own, and
 * judged as such.
 */
const sklearn = library(`
  sklearn._loss._loss: CyAbsoluteError() CyExponentialLoss() CyHalfBinomialLoss() CyHalfGammaLoss() CyHalfMultinomialLoss()
    CyHalfPoissonLoss() CyHalfSquaredError() CyHalfTweedieLoss() CyHalfTweedieLossIdentity() CyHuberLoss() CyPinballLoss()
  sklearn._loss.link: HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit
  sklearn._loss.loss: AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss HalfSquaredError
    HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss
  sklearn.calibration: CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration _TemperatureScaling
  sklearn.cluster._affinity_propagation: AffinityPropagation
  sklearn.cluster._agglomerative: AgglomerativeClustering FeatureAgglomeration
  sklearn.cluster._bicluster: SpectralBiclustering SpectralCoclustering
  sklearn.cluster._birch: Birch _CFNode _CFSubcluster
  sklearn.cluster._bisect_k_means: BisectingKMeans _BisectingTree
  sklearn.cluster._dbscan: DBSCAN
  sklearn.cluster._hdbscan.hdbscan: HDBSCAN
  sklearn.cluster._kmeans: KMeans MiniBatchKMeans _kmeans_single_elkan _kmeans_single_lloyd
  sklearn.cluster._mean_shift: MeanShift
  sklearn.cluster._optics: OPTICS
  sklearn.cluster._spectral: SpectralClustering
  sklearn.compose._column_transformer: ColumnTransformer _RemainderColsList
  sklearn.compose._target: TransformedTargetRegressor
  sklearn.covariance._elliptic_envelope: EllipticEnvelope
  sklearn.covariance._empirical_covariance: EmpiricalCovariance
  sklearn.covariance._graph_lasso: GraphicalLasso GraphicalLassoCV
  sklearn.covariance._robust_covariance: MinCovDet
  sklearn.covariance._shrunk_covariance: LedoitWolf OAS ShrunkCovariance
  sklearn.cross_decomposition._pls: CCA PLSCanonical PLSRegression PLSSVD
  sklearn.decomposition._dict_learning: DictionaryLearning MiniBatchDictionaryLearning
  sklearn.decomposition._factor_analysis: FactorAnalysis
  sklearn.decomposition._fastica: FastICA
  sklearn.decomposition._incremental_pca: IncrementalPCA
  sklearn.decomposition._kernel_pca: KernelPCA
  sklearn.decomposition._lda: LatentDirichletAllocation
  sklearn.decomposition._nmf: MiniBatchNMF NMF
  sklearn.decomposition._pca: PCA
  sklearn.decomposition._sparse_pca: MiniBatchSparsePCA SparsePCA
  sklearn.decomposition._truncated_svd: TruncatedSVD
  sklearn.discriminant_analysis: LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis
  sklearn.dummy: DummyClassifier DummyRegressor
  sklearn.ensemble._bagging: BaggingClassifier BaggingRegressor
  sklearn.ensemble._forest: ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor RandomTreesEmbedding
  sklearn.ensemble._gb: GradientBoostingClassifier GradientBoostingRegressor
  sklearn.ensemble._hist_gradient_boosting.binning: _BinMapper
  sklearn.ensemble._hist_gradient_boosting.gradient_boosting: HistGradientBoostingClassifier HistGradientBoostingRegressor
  sklearn.ensemble._hist_gradient_boosting.predictor: TreePredictor
  sklearn.ensemble._iforest: IsolationForest
  sklearn.ensemble._stacking: StackingClassifier StackingRegressor
  sklearn.ensemble._voting: VotingClassifier VotingRegressor
  sklearn.ensemble._weight_boosting: AdaBoostClassifier AdaBoostRegressor
  sklearn.feature_extraction._dict_vectorizer: DictVectorizer
  sklearn.feature_extraction._hash: FeatureHasher
  sklearn.feature_extraction.image: PatchExtractor
  sklearn.feature_extraction.text: CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer
  sklearn.feature_selection._from_model: SelectFromModel
  sklearn.feature_selection._mutual_info: mutual_info_classif mutual_info_regression
  sklearn.feature_selection._rfe: RFE RFECV
  sklearn.feature_selection._sequential: SequentialFeatureSelector
  sklearn.feature_selection._univariate_selection: GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest SelectPercentile
    chi2 f_classif f_oneway f_regression r_regression
  sklearn.feature_selection._variance_threshold: VarianceThreshold
  sklearn.frozen._frozen: FrozenEstimator
  sklearn.gaussian_process._gpc: GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace
  sklearn.gaussian_process._gpr: GaussianProcessRegressor
  sklearn.gaussian_process.kernels: CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Hyperparameter Matern
    PairwiseKernel Product RBF RationalQuadratic Sum WhiteKernel
  sklearn.impute._base: MissingIndicator SimpleImputer
  sklearn.impute._iterative: IterativeImputer _ImputerTriplet
  sklearn.impute._knn: KNNImputer
  sklearn.isotonic: IsotonicRegression
  sklearn.kernel_approximation: AdditiveChi2Sampler Nystroem PolynomialCountSketch RBFSampler SkewedChi2Sampler
  sklearn.kernel_ridge: KernelRidge
  sklearn.linear_model._base: LinearRegression
  sklearn.linear_model._bayes: ARDRegression BayesianRidge
  sklearn.linear_model._coordinate_descent: ElasticNet ElasticNetCV Lasso LassoCV MultiTaskElasticNet MultiTaskElasticNetCV
    MultiTaskLasso MultiTaskLassoCV
  sklearn.linear_model._glm.glm: GammaRegressor PoissonRegressor TweedieRegressor
  sklearn.linear_model._huber: HuberRegressor
  sklearn.linear_model._least_angle: Lars LarsCV LassoLars LassoLarsCV LassoLarsIC
  sklearn.linear_model._logistic: LogisticRegression LogisticRegressionCV
  sklearn.linear_model._omp: OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV
  sklearn.linear_model._passive_aggressive: PassiveAggressiveClassifier PassiveAggressiveRegressor
  sklearn.linear_model._perceptron: Perceptron
  sklearn.linear_model._quantile: QuantileRegressor
  sklearn.linear_model._ransac: RANSACRegressor
  sklearn.linear_model._ridge: Ridge RidgeCV RidgeClassifier RidgeClassifierCV
  sklearn.linear_model._sgd_fast: EpsilonInsensitive() Hinge() Huber() Log() ModifiedHuber() SquaredEpsilonInsensitive() SquaredHinge()
    SquaredLoss()
  sklearn.linear_model._stochastic_gradient: SGDClassifier SGDOneClassSVM SGDRegressor
  sklearn.linear_model._theil_sen: TheilSenRegressor
  sklearn.manifold._classical_mds: ClassicalMDS
  sklearn.manifold._isomap: Isomap
  sklearn.manifold._locally_linear: LocallyLinearEmbedding
  sklearn.manifold._mds: MDS
  sklearn.manifold._spectral_embedding: SpectralEmbedding
  sklearn.manifold._t_sne: TSNE
  sklearn.metrics._classification: accuracy_score balanced_accuracy_score f1_score jaccard_score log_loss matthews_corrcoef
    precision_score recall_score
  sklearn.metrics._dist_metrics: ChebyshevDistance ChebyshevDistance32 ChebyshevDistance64 EuclideanDistance EuclideanDistance32
    EuclideanDistance64 HaversineDistance HaversineDistance32 HaversineDistance64 ManhattanDistance ManhattanDistance32
    ManhattanDistance64 MinkowskiDistance MinkowskiDistance32 MinkowskiDistance64 newObj()
  sklearn.metrics._ranking: average_precision_score roc_auc_score
  sklearn.metrics._regression: mean_absolute_error mean_squared_error median_absolute_error r2_score root_mean_squared_error
  sklearn.metrics._scorer: _CurveScorer _MultimetricScorer _PassthroughScorer _PredictScorer _ProbaScorer _Scorer _ThresholdScorer
  sklearn.mixture._bayesian_mixture: BayesianGaussianMixture
  sklearn.mixture._gaussian_mixture: GaussianMixture
  sklearn.model_selection._classification_threshold: FixedThresholdClassifier TunedThresholdClassifierCV
  sklearn.model_selection._search: GridSearchCV RandomizedSearchCV
  sklearn.model_selection._split: GroupKFold KFold PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit
    StratifiedGroupKFold StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit
  sklearn.multiclass: OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier _ConstantPredictor
  sklearn.multioutput: ClassifierChain MultiOutputClassifier MultiOutputRegressor RegressorChain
  sklearn.naive_bayes: BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB
  sklearn.neighbors._ball_tree: BallTree BallTree32 BallTree64 newObj()
  sklearn.neighbors._classification: KNeighborsClassifier RadiusNeighborsClassifier
  sklearn.neighbors._graph: KNeighborsTransformer RadiusNeighborsTransformer
  sklearn.neighbors._kd_tree: KDTree KDTree32 KDTree64 newObj()
  sklearn.neighbors._kde: KernelDensity
  sklearn.neighbors._lof: LocalOutlierFactor
  sklearn.neighbors._nca: NeighborhoodComponentsAnalysis
  sklearn.neighbors._nearest_centroid: NearestCentroid
  sklearn.neighbors._regression: KNeighborsRegressor RadiusNeighborsRegressor
  sklearn.neighbors._unsupervised: NearestNeighbors
  sklearn.neural_network._multilayer_perceptron: MLPClassifier MLPRegressor
  sklearn.neural_network._rbm: BernoulliRBM
  sklearn.neural_network._stochastic_optimizers: AdamOptimizer SGDOptimizer
  sklearn.pipeline: FeatureUnion Pipeline
  sklearn.preprocessing._data: Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer QuantileTransformer
    RobustScaler StandardScaler
  sklearn.preprocessing._discretization: KBinsDiscretizer
  sklearn.preprocessing._encoders: OneHotEncoder OrdinalEncoder
  sklearn.preprocessing._function_transformer: FunctionTransformer
  sklearn.preprocessing._label: LabelBinarizer LabelEncoder MultiLabelBinarizer
  sklearn.preprocessing._polynomial: PolynomialFeatures SplineTransformer
  sklearn.preprocessing._target_encoder: TargetEncoder
  sklearn.random_projection: GaussianRandomProjection SparseRandomProjection
  sklearn.semi_supervised._label_propagation: LabelPropagation LabelSpreading
  sklearn.semi_supervised._self_training: SelfTrainingClassifier
  sklearn.svm._classes: LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR
  sklearn.tree._classes: DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor
  sklearn.tree._tree: Tree()
  sklearn.utils._bunch: Bunch
  sklearn.utils._metadata_requests: MetadataRequest MetadataRouter MethodMetadataRequest
`);

/**
 * Exact imports that cannot run code of the file's choosing, by library. Names are matched whole, never by prefix. A class may be restored
 * without its constructor; only what ends in `()` may be called with the file's values.
 */
export const ALLOWED_IMPORTS = { python, numpy, scipy, joblib, torch, boosting, sklearn } as const;

"""Makes the files of `benign/` with the libraries that people use. They are committed, so that the tests need neither network nor Python.

    python3 -m venv v && v/bin/pip install numpy==2.4.6 scipy==1.17.1 joblib==1.6.0 scikit-learn==1.9.1 xgboost==3.2.0 lightgbm==4.7.0 statsmodels==0.15.0 lz4==4.4.5
    v/bin/python make-benign.py libraries benign
    python3 -m venv t && t/bin/pip install torch==2.15.0 numpy==2.4.6
    t/bin/python make-benign.py torch benign
"""

import os, pickle, sys, warnings

warnings.filterwarnings("ignore")
kind, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)


def at(name):
    return os.path.join(out, name)


def pickled(name, value, protocol):
    with open(at(name), "wb") as file:
        pickle.dump(value, file, protocol)


def libraries():
    import collections, datetime, decimal, joblib, lightgbm, numpy as np, xgboost
    import scipy.sparse, sklearn.utils, statsmodels.api
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import make_classification
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    from sklearn.svm import SVC

    x, y = make_classification(40, 4, random_state=0)
    columns = ColumnTransformer([("s", StandardScaler(), [0, 1]), ("o", OneHotEncoder(handle_unknown="ignore"), [2])])
    models = {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
        "columns": make_pipeline(columns, SGDClassifier(random_state=0)),
        "forest": RandomForestClassifier(2, max_depth=2, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=2, max_depth=1, random_state=0),
        "histogram": HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=3, random_state=0),
        "neighbours": KNeighborsClassifier(3, algorithm="kd_tree"),
        "svc": SVC(max_iter=5),
        "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
        "function": make_pipeline(FunctionTransformer(np.abs), LogisticRegression()),
    }
    for name, model in models.items():
        model.fit(x, y)
        pickled(f"sklearn-{name}.pkl", model, 4)
        joblib.dump(model, at(f"sklearn-{name}.joblib"))
    pickled("sklearn-logistic-2.pkl", models["logistic"], 2)
    pickled("sklearn-logistic-5.pickle", models["logistic"], 5)
    boosted = xgboost.XGBClassifier(n_estimators=1, max_depth=1).fit(x, y)
    pickled("xgboost.pkl", boosted, 4)
    joblib.dump(boosted, at("xgboost.joblib"))
    light = lightgbm.LGBMClassifier(n_estimators=1, num_leaves=3, verbose=-1).fit(x, y)
    pickled("lightgbm.pkl", light, 4)
    joblib.dump(light, at("lightgbm.joblib"))
    arrays = {
        "float": np.arange(3.0),
        "structured": np.zeros(2, dtype=[("a", "<i4"), ("b", "U3"), ("c", "f4", (2,))]),
        "aligned": np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        "date": np.array(["2026-01-01"], "M8[D]"),
        "span": np.array([1], "m8[s]"),
        "bytes": np.array([b"abc"]),
        "text": np.array(["\u00e9"]),
        "objects": np.array([1, "x", None], dtype=object),
        "empty": np.zeros((0, 3)),
        "scalar": np.array(3.5),
        "fortran": np.asfortranarray(np.ones((2, 3))),
        "bigend": np.arange(3, dtype=">i4"),
        "bool": np.array([True]),
        "complex": np.array([1j]),
    }
    for name, array in arrays.items():
        np.save(at(f"numpy-{name}.npy"), array)
    np.savez(at("numpy.npz"), **arrays)
    np.savez_compressed(at("numpy-compressed.npz"), **arrays)
    joblib.dump({**arrays, "matrix": np.matrix([[1, 2]]), "masked": np.ma.array([1], mask=[0])}, at("arrays.joblib"))
    for method in ("zlib", "gzip", "bz2", "xz", "lz4"):
        joblib.dump(arrays["float"], at(f"arrays-{method}.joblib"), compress=(method, 3))
    records = np.rec.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")])
    pickled("numpy-records.pkl", [records, records[0]], 4)
    joblib.dump(records, at("numpy-records.joblib"))
    pickled("statsmodels-ols.pkl", statsmodels.api.OLS(y.astype(float), x).fit(), 4)
    pickled("statsmodels-glm.pkl", statsmodels.api.GLM(y, x[:, :1], family=statsmodels.api.families.Binomial()).fit(), 4)
    kinds = [getattr(scipy.sparse, f"{kind}_{form}")(np.eye(3)) for kind in ("csr", "csc", "coo") for form in ("matrix", "array")]
    pickled("scipy.pkl", kinds, 4)
    pickled("random.pkl", [np.random.RandomState(1), np.random.default_rng(1)], 4)
    fields = np.dtype([(("title", "name"), "i4"), ("o", "O"), ("n", [("m", "O"), ("f", "f8", (2,))])])
    types = [np.zeros(2, fields), np.zeros(2, np.dtype([("a", "i1"), ("b", "O")], align=True)), np.zeros(2, [("u", "U3"), ("b", "?")])]
    pickled("numpy-types.pkl", types, 4)
    joblib.dump(types, at("numpy-types.joblib"))
    found = collections.defaultdict(list, {"__unknown__": [1]})
    held = [found, collections.Counter({"__unknown__": 1}), collections.deque([1, 2], 5), collections.OrderedDict(__len__=1),
            sklearn.utils.Bunch(__a__=1), scipy.sparse.dok_array(np.eye(2)), scipy.sparse.dok_matrix(np.eye(2))]  # fmt: skip
    for protocol in (2, 4):
        pickled(f"containers-{protocol}.pkl", held, protocol)
    plain = {"a": [1, 2.5, None, True, 2**70], "b": "text\n", "c": (b"bytes", {1, 2}), "d": collections.OrderedDict(k=1),
             "e": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), "f": decimal.Decimal("1.5")}  # fmt: skip
    for protocol in range(6):
        pickled(f"plain-{protocol}.pkl", plain, protocol)
    pickled("numbers-0.pkl", {"a": [1, 2.5, None], "b": "x"}, 0)


def torches():
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    everything = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    types = {"h": torch.ones(2, dtype=torch.bfloat16), "b": torch.ones(2, dtype=torch.bool), "i": torch.arange(3), "d": torch.float16,
             "p": torch.nn.Parameter(torch.ones(2)), "s": torch.Size([1, 2]), "v": torch.device("cpu"), "e": torch.eye(3).to_sparse(),
             "c": torch.ones(2, dtype=torch.complex64), "u": torch.ones(2, dtype=torch.uint16)}  # fmt: skip
    torch.save(model.state_dict(), at("torch-state.pt"))
    torch.save(everything, at("torch-checkpoint.pth"))
    torch.save(types, at("torch-types.pt"))
    torch.save(model, at("torch-whole.pt"))
    torch.save(model.state_dict(), at("torch-legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(everything, at("torch-legacy-checkpoint.pth"), _use_new_zipfile_serialization=False)
    pickled("torch-plain.pkl", model.state_dict(), 4)
    torch.jit.script(model).save(at("torch-script.pt"))


{"libraries": libraries, "torch": torches}[kind]()

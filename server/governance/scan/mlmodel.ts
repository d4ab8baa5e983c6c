import { z } from "zod";
import { shown, warning, type Finding } from "./findings";
import { readPythonYaml } from "./python-yaml";

/** MLflow's own loaders of a format; `mlflow.pyfunc.model` is not one of them: it runs a class that comes with the model. */
const LOADERS = new Set(
  `catboost fastai h2o keras lightgbm mleap onnx paddle pmdarima prophet pytorch sentence_transformers sklearn spacy spark statsmodels
  tensorflow transformers xgboost`
    .split(/\s+/)
    .map((name) => `mlflow.${name}`),
);

const Flavour = z.looseObject({
  loader_module: z.unknown().optional(),
  code: z.unknown().optional(),
  env: z.unknown().optional(),
  model_class: z.unknown().optional(),
  model_code_path: z.unknown().optional(),
  python_model: z.unknown().optional(),
});
const MlModel = z.looseObject({
  flavors: z.record(z.string(), Flavour).nullish(),
  model_code_path: z.unknown().optional(),
});

/** Classes that MLflow imports by name, of the flavours that have such a name. */
const MODEL_CLASS = /^(?:xgboost|lightgbm|catboost)\.(?:core|basic|sklearn)\.[A-Z]\w*$/;
/** Under these names environments are read here. */
const ENVIRONMENT_FILES = new Set(["conda.yaml", "python_env.yaml", "requirements.txt"]);

const environmentFiles = (env: unknown): string[] =>
  (typeof env === "object" && env !== null ? Object.values(env) : [env]).filter(
    (one) => typeof one === "string",
  );

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** What MLflow would run to load the model, besides the format's own library. */
export function mlmodelFindings(text: string): Finding[] {
  const parsed = readPythonYaml(text, MlModel);
  if (parsed === undefined)
    return [warning("mlmodel.unreadable", "MLflow's description of the model cannot be read for sure.")];
  const findings: Finding[] = [];
  if (isSet(parsed.model_code_path))
    findings.push(codeFinding("It is a model from code", parsed.model_code_path));
  for (const [name, flavour] of Object.entries(parsed.flavors ?? {})) {
    const loader = flavour.loader_module;
    if (isSet(loader) && !(typeof loader === "string" && LOADERS.has(loader)))
      findings.push(
        warning(
          "mlmodel.loader",
          loader === "mlflow.pyfunc.model"
            ? "MLflow would load a Python class that comes with the model."
            : `MLflow would import ${shownValue(loader)} to load the model.`,
        ),
      );
    const model = flavour.model_class;
    if (isSet(model) && !(typeof model === "string" && MODEL_CLASS.test(model)))
      findings.push(warning("mlmodel.loader", `MLflow would import ${shownValue(model)} and call it.`));
    for (const file of environmentFiles(flavour.env).filter((one) => !ENVIRONMENT_FILES.has(one)))
      findings.push(
        warning(
          "mlmodel.environment",
          `Its environment is described in ${shown(file)}, which is not checked.`,
        ),
      );
    if (isSet(flavour.code))
      findings.push(codeFinding(`The flavour ${shown(name)} adds code to Python's path`, flavour.code));
    if (isSet(flavour.model_code_path))
      findings.push(codeFinding(`The flavour ${shown(name)} runs code`, flavour.model_code_path));
    if (isSet(flavour.python_model))
      findings.push(codeFinding(`The flavour ${shown(name)} unpickles a class`, flavour.python_model));
  }
  return findings;
}

const codeFinding = (what: string, where: unknown): Finding =>
  warning("mlmodel.code", `${what}: ${shownValue(where)}.`);

const shownValue = (value: unknown): string =>
  shown(typeof value === "string" ? value : JSON.stringify(value));

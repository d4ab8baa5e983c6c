import { parseDocument } from "yaml";
import { z } from "zod";
import { shown, warning, type Finding } from "./findings";

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
  model_code_path: z.unknown().optional(),
  python_model: z.unknown().optional(),
});
const MlModel = z.looseObject({
  flavors: z.record(z.string(), Flavour).nullish(),
  model_code_path: z.unknown().optional(),
});

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/** What MLflow would run to load the model, besides the format's own library. */
export function mlmodelFindings(text: string): Finding[] {
  const document = parseDocument(text, { uniqueKeys: true, schema: "core" });
  const parsed = document.errors.length > 0 ? undefined : MlModel.safeParse(document.toJS());
  if (!parsed?.success)
    return [warning("mlmodel.unreadable", "MLflow's description of the model cannot be read for sure.")];
  const findings: Finding[] = [];
  if (isSet(parsed.data.model_code_path))
    findings.push(codeFinding("It is a model from code", parsed.data.model_code_path));
  for (const [name, flavour] of Object.entries(parsed.data.flavors ?? {})) {
    const loader = flavour.loader_module;
    if (isSet(loader) && !(typeof loader === "string" && LOADERS.has(loader)))
      findings.push(
        warning(
          "mlmodel.loader",
          loader === "mlflow.pyfunc.model"
            ? "MLflow would load a Python class that comes with the model."
            : `MLflow would import ${shown(String(loader))} to load the model.`,
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
  warning("mlmodel.code", `${what}: ${shown(typeof where === "string" ? where : JSON.stringify(where))}.`);

import type { ForeignTeam } from "./foreign-team";

const id = (kind: string) => `${kind}_${"0".repeat(32)}`;
const digest = `sha256:${"0".repeat(64)}`;

/** Names of things that never were, in the form that each has: what asks whether an input fits needs no database. */
export const NO_TEAM: ForeignTeam = {
  team: id("team"),
  user: id("usr"),
  dataset: "none",
  datasetId: id("ds"),
  datasetVersion: id("dsv"),
  datasetDigest: digest,
  datasetFile: "none.csv",
  upload: id("upl"),
  job: id("job"),
  output: "none.txt",
  experiment: "987654321",
  experimentName: "None",
  run: "0".repeat(32),
  metric: "none",
  loggedModel: `m-${"0".repeat(32)}`,
  artifact: "none/artifacts/none.txt",
  model: "none",
  modelFile: "none.txt",
  modelVersionId: id("mv"),
  attestation: id("ats"),
  gateRun: id("gr"),
  review: id("rev"),
  deployment: "none",
  rollout: id("roll"),
  prediction: id("pred"),
  token: id("tok"),
  notification: id("ntf"),
  view: id("view"),
  silence: id("sil"),
  alert: id("alert"),
  quotaRequest: id("qr"),
  credential: "none",
  session: id("ses"),
};

export {
  chiSquareFit,
  chiSquareTwoSample,
  foldRare,
  likelihoodRatioTwoSample,
  type ChiSquare,
} from "./chi-square";
export {
  hellingerDistance,
  jensenShannonDistance,
  kullbackLeibler,
  largestShareDifference,
  normedWasserstein,
  populationStabilityIndex,
  shares,
  standardDeviation,
  wassersteinDistance,
} from "./distances";
export { holm } from "./holm";
export {
  judgeDrift,
  type DriftOptions,
  type DriftStatus,
  type DriftVerdict,
  type Effective,
  type FeatureSamples,
} from "./drift-verdict";
export {
  kolmogorovSurvival,
  ksAsymptoticP,
  ksExactP,
  ksStatistic,
  ksTest,
  type KolmogorovSmirnov,
} from "./kolmogorov-smirnov";
export { chiSquareSurvival } from "./special-functions";

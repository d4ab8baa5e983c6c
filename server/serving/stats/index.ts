export {
  differenceOfProportions,
  sumStrata,
  type Difference,
  type Proportion,
  type Stratum,
} from "./proportion";
export {
  alwaysValidP,
  confidenceHalfWidth,
  likelihoodRatio,
  logLikelihoodRatio,
  oneSidedP,
  runningMinimum,
} from "./msprt";
export { wilsonInterval, type Interval } from "./wilson";
export { requiredSamples, type RequiredSamples, type RequiredSamplesInput } from "./required-samples";

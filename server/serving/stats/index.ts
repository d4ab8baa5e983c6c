export { confidenceSequence, distanceToExclude, excludes, type Contrast, type TestScale } from "./contrast";
export {
  differenceOfProportions,
  rateGivenDifference,
  sumStrata,
  type Difference,
  type Proportion,
  type Stratum,
} from "./proportion";
export { changeOfMean, meanInterval, meanOf, sumMeans, type MeanStratum, type Moments } from "./mean";
export { judgeLimit, logEvidenceAgainstRate, rateSequence } from "./one-proportion";
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

export { PredictionRecord } from "./schemas";
export { storePredictions, type Stored } from "./store-predictions";

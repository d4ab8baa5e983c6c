export { PredictionRecord } from "./schemas";
export { setRecordAside } from "./set-aside";
export { storePredictions, type Stored } from "./store-predictions";

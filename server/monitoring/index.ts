export { PredictionRecord } from "./schemas";
export { countSetAside, setRecordAside } from "./recording/set-aside";
export { storePredictions, type Stored } from "./recording/store-predictions";

export { PredictionRecord } from "./schemas";
export { countSetAside, setRecordAside } from "./set-aside";
export { storePredictions, type Stored } from "./store-predictions";

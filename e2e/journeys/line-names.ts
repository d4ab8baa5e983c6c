/** The names of the line's journey: its own, so that nothing of other tests is taken for it. */
export const MODEL = "progression-of-patients";
export const EXPERIMENT = "Progression of patients";
export const PATIENTS = "Patients of the line";
export const HELD_OUT = "Rows held out for the line";
export const GPU = { name: "line-gpu", title: "GPU of the line" };
export const REPLAY = "Replay held-out patients";

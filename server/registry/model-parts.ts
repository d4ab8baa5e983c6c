import { conflict } from "@/server/core/errors";
import type { RegisteredModel } from "./load";

export const WRITE = "registry.model.write" as const;

export const subject = (model: RegisteredModel) => ({ kind: "model", id: model.id, label: model.name });

export const nameTaken = (name: string) =>
  conflict(
    `Registered Model (name=${name}) already exists.`,
    "Use another name, or add a version to the existing model.",
    {
      reason: "already_exists",
    },
  );

export const NOTES = "none: tags are working notes of the model" as const;

"use client";
import { useEffect, useRef } from "react";
import type { UseFormSetValue } from "react-hook-form";
import { versionHref } from "@/server/registry/kinds";
import { deploymentHref } from "@/server/serving/kinds";
import type { DeployValues } from "./plan-form";

export interface DeployPrefill {
  model: string;
  version: string;
  environment: "staging" | "production";
  name: string;
}

/** What is chosen stands in the address, so that reload, back and a copied link keep it; another model has other versions. */
export function useKept(choice: DeployPrefill, setValue: UseFormSetValue<DeployValues>): void {
  const model = useRef(choice.model);
  const { model: name, version, environment, name: deployment } = choice;
  // Effect: mirrors the form into the address bar, which lives outside React.
  useEffect(() => {
    if (model.current !== name) {
      model.current = name;
      setValue("version", "");
      return;
    }
    const filled = Object.entries({ model: name, version, environment, name: deployment });
    const query = new URLSearchParams(filled.filter(([, value]) => value !== ""));
    window.history.replaceState(null, "", `?${query.toString()}`);
  }, [name, version, environment, deployment, setValue]);
}

/** Where the form was opened from: the version or deployment that it was filled with. A name that stands beside a version may be new. */
export function originOf(prefill: DeployPrefill): { label: string; href: string } | null {
  const number = Number(prefill.version);
  if (prefill.model !== "" && number > 0)
    return { label: `${prefill.model} v${number}`, href: versionHref(prefill.model, number) };
  return prefill.name === "" ? null : { label: prefill.name, href: deploymentHref(prefill.name) };
}

import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { AppError, isAppError } from "@/server/core/errors";
import { jsonFrame, jsonOf, KIND, tensorFrame, type Frame } from "../onnx/child/frame.mjs";
import type { InferOptions, ModelHealth, ModelSignature, ModelSpec, Tensor } from "../port";
import { describedBy } from "./described";
import {
  healthIs,
  inWords,
  lackOf,
  modelFault,
  notLoaded,
  refusedFile,
  refusedEmpty,
  refusedInputs,
  UNLOAD_MS,
} from "./host-rules";
import type { Engine } from "./launch";
import type { MemoryBounds } from "./memory";
import { ModelHost } from "./model-host";
import { lend, placeFiles } from "./place-files";
import { outputsOf, rawParameters, toRaw } from "./raw-tensors";
import { giveBackUser } from "./users";
import type { Warden } from "./warden";

const AFTER_PATIENCE_MS = 20;
const Complaint = z.object({ message: z.string() });

function complaintOf(frame: Frame): string {
  try {
    return inWords(Complaint.parse(jsonOf(frame)).message);
  } catch {
    return "its process said something that cannot be read";
  }
}

/** One model of a process. */
export interface Member {
  key: string;
  number: number;
  /** Of the file to load, within the process's folder. */
  file: string;
  deadlineMs: number;
  batchRows: number;
  signature: ModelSignature | undefined;
  health: ModelHealth;
}

export interface GroupOptions {
  engine: Engine;
  folder: string;
  /** Another user than ours; given back when the group closes. */
  userId: number | undefined;
  memory: MemoryBounds;
  cpuMilli: number | undefined;
  warden: Warden;
  onChange: (key: string) => void;
}

/** The models of one process: usually one. */
export class ModelGroup {
  readonly members = new Map<number, Member>();
  private host: ModelHost | undefined;
  /** Who waits for the first load of a member. */
  private readonly waiting = new Map<number, { resolve: () => void; reject: (error: unknown) => void }>();
  private nextNumber = 0;
  private nextId = 1;
  /** Members, and those that are on the way. */
  occupants = 0;
  private hasFolder: Promise<unknown> | undefined;

  constructor(private readonly options: GroupOptions) {}

  private async folder(): Promise<void> {
    const { folder, userId } = this.options;
    this.hasFolder ??= fs.mkdir(folder, { mode: 0o700 }).then(() => lend(folder, 0o750, userId));
    await this.hasFolder;
  }

  /** Copies a model's files and loads it. @throws AppError */
  async add(key: string, spec: ModelSpec, deadlineMs: number): Promise<Member> {
    this.occupants += 1;
    try {
      return await this.bring(key, spec, deadlineMs);
    } catch (error) {
      this.occupants -= 1;
      throw error;
    }
  }

  private async bring(key: string, spec: ModelSpec, deadlineMs: number): Promise<Member> {
    const number = this.nextNumber;
    this.nextNumber += 1;
    await this.folder();
    await placeFiles(path.join(this.options.folder, String(number)), spec.files, this.options.userId);
    const member: Member = {
      key,
      number,
      file: `${number}/${spec.entry}`,
      deadlineMs,
      batchRows: spec.limits.batchRows ?? 1,
      signature: undefined,
      health: healthIs(undefined, "loading", ""),
    };
    this.members.set(number, member);
    try {
      if (this.host?.isUp) await this.load(this.host, member);
      else await this.startWith(member);
    } catch (error) {
      this.members.delete(number);
      throw isAppError(error) && error.code !== "internal"
        ? error
        : new AppError(
            "unavailable",
            `it could not be loaded: ${inWords(error instanceof Error ? error.message : "")}`,
          );
    }
    return member;
  }

  private startWith(member: Member): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(member.number, { resolve, reject });
      const { engine, folder, userId, memory, cpuMilli, warden } = this.options;
      this.host ??= new ModelHost({
        engine,
        folder,
        userId,
        memory,
        cpuMilli,
        warden,
        onStart: (host) => this.loadAll(host),
        isIncomplete: () => this.waiting.size > 0,
        onTrouble: () => this.refresh(),
      });
    });
  }

  private async loadAll(host: ModelHost): Promise<void> {
    for (const member of this.members.values()) {
      const waiter = this.waiting.get(member.number);
      this.waiting.delete(member.number);
      try {
        await this.load(host, member);
        waiter?.resolve();
      } catch (error) {
        if (!waiter) throw error;
        this.members.delete(member.number);
        waiter.reject(error);
      }
    }
  }

  private async load(host: ModelHost, member: Member): Promise<void> {
    // After a death each request runs by itself, so that one that kills takes no other along.
    const maxRows = host.restarts === 0 ? member.batchRows : 1;
    const frame = jsonFrame(this.id(), KIND.load, member.number, { file: member.file, maxRows });
    const { loadMs, platform } = this.options.engine;
    member.signature = await host.direct(frame, loadMs, (answer) => {
      if (answer.kind !== KIND.ok) throw refusedFile(complaintOf(answer));
      return { ...describedBy(answer), ...(platform ? { platform } : {}) };
    });
    this.refresh();
  }

  private refresh(): void {
    const trouble = this.host?.trouble;
    if (trouble?.looping) this.giveUp(trouble.reason);
    for (const member of this.members.values()) {
      const state = trouble ? (trouble.looping ? "crash-looping" : "loading") : "ready";
      const next = healthIs(member.health, member.signature ? state : "loading", trouble?.reason ?? "");
      const changed = next.state !== member.health.state || next.reason !== member.health.reason;
      member.health = next;
      if (changed) this.options.onChange(member.key);
    }
  }

  /** A process that dies again and again before it can be asked anything loads nothing; who waits for it is told. */
  private giveUp(reason: string): void {
    const waiters = [...this.waiting];
    this.waiting.clear();
    for (const [number, { reject }] of waiters) {
      this.members.delete(number);
      reject(new Error(reason));
    }
  }

  private id(): number {
    this.nextId = (this.nextId + 1) % 2 ** 32;
    return this.nextId;
  }

  infer(member: Member, inputs: readonly Tensor[], asked: InferOptions = {}): Promise<Tensor[]> {
    const { host } = this;
    const { signature } = member;
    if (!host || !signature) return Promise.reject(notLoaded());
    const raw = inputs.map((tensor) =>
      toRaw(
        tensor,
        signature.inputs.findIndex((input) => input.name === tensor.name),
      ),
    );
    const all = [...raw, ...rawParameters(asked.parameters)];
    // The caller gives up first, and by itself; what it no longer waits for is not worked on.
    const deadlineMs = Math.min(member.deadlineMs, (asked.deadlineMs ?? Infinity) + AFTER_PATIENCE_MS);
    const lack = lackOf(inputs, signature);
    return host.ask(tensorFrame(this.id(), KIND.infer, member.number, all), deadlineMs, (answer) => {
      if (answer.kind === KIND.refused) throw refusedInputs(complaintOf(answer));
      if (answer.kind !== KIND.ok)
        throw lack ? refusedEmpty(lack, complaintOf(answer)) : modelFault(complaintOf(answer));
      return outputsOf(answer, signature);
    });
  }

  /** Frees one model; the process ends with its last. */
  async remove(member: Member): Promise<void> {
    await this.host?.idle();
    this.members.delete(member.number);
    this.occupants -= 1;
    if (this.occupants === 0) return this.close();
    const frame = jsonFrame(this.id(), KIND.unload, member.number, {});
    await this.host?.direct(frame, UNLOAD_MS, () => undefined);
    await fs.rm(path.join(this.options.folder, String(member.number)), { recursive: true, force: true });
  }

  usage() {
    const { host } = this;
    return {
      pid: host?.pid ?? 0,
      residentBytes: () => host?.residentBytes() ?? Promise.resolve(0),
      queued: host?.waiting ?? 0,
      inFlight: host?.inFlight ?? 0,
      restarts: host?.restarts ?? 0,
    };
  }

  async close(): Promise<void> {
    await this.host?.close();
    await fs.rm(this.options.folder, { recursive: true, force: true });
    giveBackUser(this.options.userId);
  }
}

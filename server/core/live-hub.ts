import { EventEmitter } from "node:events";
import pg from "pg";
import { env } from "./env";
import { log } from "./log";
import { CHANNELS, type Channel } from "./tell";

const RECONNECT_MS = 500;

/** Holds one LISTEN connection per process and fans notifications out to subscribers; reconnects for as long as it takes. */
class LiveHub {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private started = false;

  /** Calls back for each change of a topic, and once the connection stands, anew or again (topic `*`): until then anything may have been missed. */
  subscribe(channel: Channel, listener: (topic: string) => void): () => void {
    if (!this.started) {
      this.started = true;
      this.connect();
    }
    this.emitter.on(channel, listener);
    return () => this.emitter.off(channel, listener);
  }

  private connect() {
    const client = new pg.Client({
      connectionString: env().databaseUrl,
      keepAlive: true,
      application_name: "modelworks-live",
    });
    let ended = false;
    const retry = () => {
      if (ended) return;
      ended = true;
      client.removeAllListeners("notification");
      client.end().catch(() => undefined);
      setTimeout(() => this.connect(), RECONNECT_MS).unref();
    };
    client.on("error", retry);
    client.on("end", retry);
    client.on("notification", (message) => this.emitter.emit(message.channel, message.payload ?? ""));
    client
      .connect()
      .then(() => client.query(CHANNELS.map((channel) => `listen ${channel}`).join("; ")))
      .then(() => {
        for (const channel of CHANNELS) this.emitter.emit(channel, "*");
      })
      .catch((error: unknown) => {
        log.warn({ err: error }, "live connection lost; trying again");
        retry();
      });
  }
}

const holder = globalThis as typeof globalThis & { modelworksLiveHub?: LiveHub };

/** The process's hub; one, although Next's bundles and our server load this module separately. */
export function liveHub(): LiveHub {
  holder.modelworksLiveHub ??= new LiveHub();
  return holder.modelworksLiveHub;
}

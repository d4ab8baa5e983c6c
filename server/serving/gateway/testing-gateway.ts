import { makeRuntime, specOf } from "@/server/adapters/model-runtime/testing";
import type { Actor } from "@/server/core/actor";
import { unauthenticated } from "@/server/core/context";
import type { PredictionRecord } from "./gateway";
import { createGatewayServer } from "./http-server";
import { Statistics } from "./oip/statistics";
import { routeKey, type Route } from "./routes";

/** Who the tests' token is of. */
export const TEST_ACTOR: Actor = {
  kind: "token",
  userId: "usr_1",
  name: "A",
  teamId: "team_1",
  teamSlug: "a",
  role: "member",
  isPlatformAdmin: false,
  scopes: ["infer"],
};

export interface TestGateway {
  base: string;
  port: number;
  routes: Map<string, Route>;
  records: PredictionRecord[];
  close(): Promise<void>;
}

/** The gateway's real server on a free port, with models by name as stable versions 1; its token is `good`. */
export async function startTestGateway(models: Record<string, Uint8Array>): Promise<TestGateway> {
  const runtime = makeRuntime();
  const routes = new Map<string, Route>();
  const records: PredictionRecord[] = [];
  for (const [name, bytes] of Object.entries(models)) {
    const signature = await runtime.load(name, specOf(bytes));
    routes.set(routeKey(TEST_ACTOR.teamId, name), {
      deploymentId: `dep_${name}`,
      teamId: TEST_ACTOR.teamId,
      name,
      environment: "production",
      generation: 1,
      feedbackTarget: null,
      stable: { id: `mv_${name}`, number: 1, weightsDigest: name, runtimeKey: name, signature },
      canary: undefined,
      rolloutId: "",
      stage: -1,
      sharePercent: 0,
      digest: "sha256:r",
      refusals: [],
    });
  }
  const server = createGatewayServer({
    parts: {
      runtime,
      routes: () => routes,
      record: (record) => records.push(record) > 0,
      statistics: new Statistics(),
    },
    callers: {
      actor: async (token) => {
        if (token !== "good") throw unauthenticated();
        return TEST_ACTOR;
      },
    },
    version: "1",
    isReady: () => true,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    base: `http://127.0.0.1:${port}`,
    port,
    routes,
    records,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await runtime.close();
    },
  };
}

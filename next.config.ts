import type { NextConfig } from "next";

const config: NextConfig = {
  // A second dev or test server on the same checkout needs a build folder of its own.
  distDir: process.env.NEXT_DIST_DIR ?? ".next",
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  headers: () =>
    Promise.resolve([
      {
        source: "/:path*",
        headers: [
          { key: "x-content-type-options", value: "nosniff" },
          { key: "referrer-policy", value: "same-origin" },
          { key: "x-frame-options", value: "DENY" },
          { key: "permissions-policy", value: "camera=(), geolocation=(), microphone=()" },
        ],
      },
    ]),
  allowedDevOrigins: ["127.0.0.1", "localhost"],
  serverExternalPackages: [
    "@dbos-inc/dbos-sdk",
    "@duckdb/node-api",
    "onnxruntime-node",
    "onnx-proto",
    "pg",
    "pino",
    "pino-pretty",
    "prom-client",
    "@aws-sdk/client-s3",
    "@aws-sdk/lib-storage",
  ],
};

export default config;

import { DeployForm } from "@/components/serving/deploy-form";

export const metadata = { title: "Deploy" };

type Query = Promise<Record<string, string | string[] | undefined>>;

/** `?model=…&version=…&environment=…&name=…` fills the form, so that a model's page can link here. */
export default async function NewDeploymentPage({ searchParams }: { searchParams: Query }) {
  const query = await searchParams;
  const text = (key: string) => (typeof query[key] === "string" ? query[key] : "");
  return (
    <DeployForm
      prefill={{
        model: text("model"),
        version: text("version"),
        environment: text("environment") === "production" ? "production" : "staging",
        name: text("name"),
      }}
    />
  );
}

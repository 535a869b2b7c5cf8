// Starts the editor. The key stays in the headers editor of this tab and is never written to the browser's storage.
const WELCOME = `# Put your key in the headers editor below, then press
# the round arrows on the left to read the schema.
{
  traces(first: 5) {
    edges {
      node {
        id
        query
        answer
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

// The editor's history keeps the headers of each query, the key among them, whatever it is told of headers. So only
// these are kept between visits, and the rest as long as the tab is open.
const KEPT = ["graphiql:query", "graphiql:variables", "graphiql:theme"];
const rest = new Map();
const storage = {
  get length() {
    return rest.size;
  },
  getItem: (name) => (KEPT.includes(name) ? localStorage.getItem(name) : (rest.get(name) ?? null)),
  setItem: (name, value) => (KEPT.includes(name) ? localStorage.setItem(name, value) : void rest.set(name, value)),
  removeItem: (name) => (KEPT.includes(name) ? localStorage.removeItem(name) : void rest.delete(name)),
  clear() {
    rest.clear();
    KEPT.forEach((name) => localStorage.removeItem(name));
  },
};

async function fetcher(request, options) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...(options?.headers ?? {}),
    },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  // What is refused at the door, a missing key above all, is told as problem details and not as GraphQL.
  return "data" in answer || "errors" in answer ? answer : { errors: [{ message: answer.detail }] };
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    storage,
    defaultQuery: WELCOME,
    defaultHeaders: '{\n  "Authorization": "Bearer <your key>"\n}',
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);

// What pages do beside what htmx does. They work without it.

// Every request of htmx shows that something is under way.
document.body.setAttribute("hx-indicator", "#loading");

// Graphs are made larger and smaller, by buttons and by keys.
const graphs = () => {
  for (const graph of document.querySelectorAll(".graph")) zoomed(graph);
};

const zoomed = (graph) => {
  const svg = graph.querySelector("svg");
  const { width, height } = svg.viewBox.baseVal;
  let scale = 1;
  const show = (wanted) => {
    scale = Math.min(4, Math.max(0.1, wanted));
    svg.setAttribute("width", width * scale);
    svg.setAttribute("height", height * scale);
  };
  const zoom = {
    in: () => show(scale * 1.25),
    out: () => show(scale / 1.25),
    fit: () => show(Math.min(1, graph.clientWidth / width)),
  };
  const buttons = graph.previousElementSibling;
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => zoom[event.target.dataset.zoom]?.());
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit" };
  graph.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    zoom[keys[event.key]]();
    event.preventDefault();
  });
};

graphs();

// Who signs in at the provider does so to the project that is typed.
const provider = document.querySelector("a[data-provider]");
const typed = () => {
  const place = new URL(provider.href);
  place.searchParams.set("project", document.querySelector("#project").value.trim());
  provider.href = place.href;
};
if (provider) {
  document.querySelector("#project").addEventListener("input", typed);
  typed();
}

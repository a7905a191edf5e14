// Moves one figure in the page, without a kernel. explorer.py writes this function into the figure's HTML, and calls it
// with the figure's data:
//
// controls: [{name, said, at, ordered}], where `said` has a text for every position, and `at` is the first one.
// slots: [part, attribute, before, after, axes, values, ids, wave]: what changes in the picture. axes: the controls that
//   it depends on.
// words: [before, after, axes, values, ids]: the sentences of the text alternative. headline: which parts are announced.
// plays: [control, +1 or -1, milliseconds].
(data => {
  const script = document.currentScript;
  const figure = script ? script.parentElement : document.querySelector(".rnnkit-moving:not([data-moves])");
  if (!figure || figure.dataset.moves) return;
  figure.dataset.moves = "yes";
  const {controls, slots, words, plays: [played, direction, pace]} = data;
  const ALPHABET = [...Array(92).keys()].map(k => String.fromCharCode(k + 35)).filter(c => c !== "<" && c !== "\\").join("");
  const code = (text, k) => ALPHABET.indexOf(text[k]);
  const pair = (text, k) => 90 * code(text, 2 * k) + code(text, 2 * k + 1);
  const make = (tag, attributes, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };

  const image = figure.querySelector("img");
  const source = Uint8Array.from(atob(image.src.split(",")[1]), letter => letter.charCodeAt(0));
  const svg = document.importNode(
    new DOMParser().parseFromString(new TextDecoder().decode(source), "image/svg+xml").documentElement, true);
  const parts = [...svg.children].slice(1);
  const lights = parts.filter(part => part.dataset.light);
  svg.setAttribute("role", lights.length ? "group" : "img");
  if (lights.length) parts.forEach(part => part.dataset.light || part.setAttribute("aria-hidden", "true"));

  const at = controls.map(control => control.at);
  const inputs = controls.map(({name, said, ordered}, k) => {
    const input = ordered ? make("input", {type: "range", min: 0, max: said.length - 1, step: 1})
      : make("select", {}, ...said.map((text, value) => make("option", {value}, text)));
    input.setAttribute("aria-label", name);
    input.addEventListener("input", () => { stop(); go(k, +input.value); });
    return input;
  });
  const shown = controls.map(() => make("output", {"aria-hidden": "true"}));
  const button = make("button", {type: "button"});
  const live = make("div", {class: "rnnkit-live", role: "status", "aria-live": "polite"});
  const rows = controls.map(({name, ordered}, k) =>
    make("label", {}, make("span", {}, name), inputs[k], ...(ordered ? [shown[k]] : [])));

  const value = (before, after, axes, values, ids) => {
    const n = axes.reduce((n, k) => n * controls[k].said.length + at[k], 0);
    return before + values[!ids ? n : values.length > 90 ? pair(ids, n) : code(ids, n)] + after;
  };
  const path = (text, [start, apart, count]) => {
    let way = "M", level;
    for (let k = 0; k < count; k++) {
      if (2 * k < text.length) level = pair(text, k) / 10;
      way += ` ${(start + apart * k).toFixed(1)},${level}`;
    }
    return way;
  };
  const last = slots.map(() => undefined);
  const show = announced => {
    slots.forEach(([part, attribute, before, after, axes, values, ids, wave], k) => {
      const now = value(before, after, axes, values, ids);
      if (now === last[k]) return;
      last[k] = now;
      if (attribute) parts[part].setAttribute(attribute, wave ? path(now, wave) : now);
      else parts[part].innerHTML = now;
    });
    svg.setAttribute("aria-label", words.map(sentence => value(...sentence)).join(""));
    controls.forEach(({name, said, ordered}, k) => {
      inputs[k].value = at[k];
      if (ordered) inputs[k].setAttribute("aria-valuetext", said[at[k]]);
      shown[k].textContent = said[at[k]].replace(`${name} `, "");
    });
    if (announced) live.textContent = data.headline.map(k => parts[k].textContent.replace(/\u200b/g, "")).join(" ");
  };
  const go = (k, position) => {
    at[k] = Math.max(0, Math.min(controls[k].said.length - 1, position));
    show(true);
  };

  let timer;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "\u25b6\ufe0e Play";
    button.setAttribute("aria-label", "Play");
  };
  const play = () => {
    const end = direction > 0 ? controls[played].said.length - 1 : 0;
    if (at[played] === end) go(played, controls[played].said.length - 1 - end);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    button.textContent = "\u275a\u275a Pause";
    button.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      if (!figure.isConnected) return stop();
      go(played, at[played] + direction);
      if (at[played] === end) stop();
    }, calm ? Math.max(pace, 1000) : pace);
  };
  const toggle = () => timer ? stop() : play();
  button.addEventListener("click", toggle);
  figure.addEventListener("keydown", event => {
    if (event.key !== " " || event.target.type !== "range") return;
    event.preventDefault();
    toggle();
  });

  const follow = event => {
    const target = event.target.closest("[data-go]");
    if (!target || !(event.buttons & 1) || event.pointerType === "touch" && event.type === "pointermove") return;
    event.preventDefault();
    const [k, position] = target.dataset.go.split(" ").map(Number);
    stop();
    if (at[k] !== position) go(k, position);
    inputs[k].focus({preventScroll: true});
  };
  svg.addEventListener("pointerdown", follow);
  svg.addEventListener("pointermove", follow);
  svg.addEventListener("mousedown", event => event.target.closest("[data-go]") && event.preventDefault());

  let pinned;
  const light = name => {
    svg.classList.toggle("rnnkit-lighting", !!name);
    parts.forEach(part => part.classList.toggle("rnnkit-lit", (part.dataset.edge || "").split(" ").includes(name)));
    lights.forEach(part => {
      part.classList.toggle("rnnkit-lit", part.dataset.light === name);
      part.setAttribute("aria-pressed", part.dataset.light === pinned);
    });
  };
  lights.forEach(part => {
    const name = part.dataset.light;
    part.setAttribute("role", "button");
    part.setAttribute("tabindex", "0");
    const pin = () => { pinned = pinned === name ? undefined : name; light(pinned); };
    part.addEventListener("click", pin);
    part.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pin();
    });
    for (const begin of ["pointerenter", "focus"]) part.addEventListener(begin, () => light(name));
    for (const end of ["pointerleave", "blur"]) part.addEventListener(end, () => light(pinned));
  });

  const look = `
.rnnkit-moving { max-width: 800px; font: 14px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, inherit); }
.rnnkit-moving .rnnkit-controls { display: grid; grid-template-columns: auto 1fr; gap: 2px 16px; align-items: center;
  padding: 4px 0; }
.rnnkit-moving button { font: inherit; min-width: 6.5em; min-height: 2.3em; border-radius: 4px; cursor: pointer; }
.rnnkit-moving label { display: flex; gap: 12px; align-items: center; min-height: 2.3em; grid-column: 2; margin: 0; }
.rnnkit-moving label > span { min-width: 4em; }
.rnnkit-moving input { flex: 1; min-width: 6em; margin: 0; }
.rnnkit-moving select { font: inherit; max-width: 100%; min-width: 0; }
.rnnkit-moving output { min-width: 5em; font-variant-numeric: tabular-nums; }
.rnnkit-moving .rnnkit-scroll { overflow-x: auto; }
.rnnkit-moving svg { display: block; width: 100%; min-width: 600px; height: auto; border-radius: 4px; }
.rnnkit-moving [data-go], .rnnkit-moving [data-light] { cursor: pointer; }
.rnnkit-moving .rnnkit-lighting [data-edge]:not(.rnnkit-lit) { opacity: 0.12; }
.rnnkit-moving text.rnnkit-lit { font-weight: bold; }
.rnnkit-moving .rnnkit-live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:is([data-jp-theme-light="false"], [data-theme="dark"]) .rnnkit-moving svg { filter: brightness(0.83); }
@media (max-width: 500px) { .rnnkit-moving .rnnkit-controls { display: block; } }`;
  // What has the focus keeps its keys: JupyterLab would move from cell to cell.
  for (const element of [button, ...inputs, ...lights]) element.dataset.lmSuppressShortcuts = "true";
  stop();
  show(false);
  rows[played].style.gridColumn = "auto";
  image.closest(".rnnkit-moving > *").replaceWith(make("style", {}, look),
    make("div", {class: "rnnkit-controls"}, button, rows[played], ...rows.filter((row, k) => k !== played)),
    make("div", {class: "rnnkit-scroll"}, svg), live);
  figure.querySelectorAll(".rnnkit-still").forEach(note => note.remove());
})

function (view, extend, data) {
  // The picture of the view becomes a part of the page, so that it follows the
  // theme, its text can be selected and its marks have a pointer and a keyboard. Nothing is taken from the
  // picture but what the browser reads as SVG; text stays text.
  if (!view || view.dataset.live) return;
  var box = view.querySelector(".sb-canvas"), img = box.querySelector("img"), panel = view.querySelector(".sb-panel");
  var code = atob(img.getAttribute("src").split(",")[1]);
  var read = new DOMParser().parseFromString(new TextDecoder().decode(Uint8Array.from(code, function (c) { return c.charCodeAt(0); })), "image/svg+xml");
  var svg = document.importNode(read.documentElement, true);
  if (svg.localName !== "svg") return;
  view.dataset.live = "true";
  svg.querySelectorAll(".sb-key").forEach(function (e) { e.remove(); }); // the legend of the page says the same
  svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + box.dataset.height);
  svg.setAttribute("height", box.dataset.height);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", img.alt);
  img.classList.add("sb-still");
  box.append(svg);

  function element(name, className, text) {
    var e = document.createElement(name);
    e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }
  var fig = { view: view, box: box, svg: svg, panel: panel, element: element };

  // What is known of a mark lies in the table, escaped and highlighted already; here it is only copied.
  fig.row = function (i) { return i === undefined || i < 0 ? null : view.querySelector('tr[data-row="' + i + '"]'); };
  fig.note = function (name, note) {
    var e = element("div", "sb-tip");
    e.append(element("b", "", name));
    if (note) e.append(element("span", "sb-dim", note));
    return e;
  };
  fig.describe = function (mark) {
    var r = fig.row(mark.dataset.row), e;
    if (!r) return fig.note(mark.dataset.name, mark.dataset.note);
    e = element("div", "sb-tip");
    if (r.closest(".sb-figures")) { // a table of figures, which its head explains
      Array.from(r.cells, function (c, i) {
        if (c.textContent) e.append(element("span", "sb-dim", r.closest("table").tHead.rows[0].cells[i].textContent + ": " + c.textContent));
      });
    }
    r.querySelectorAll("[data-tip]").forEach(function (c) { e.append(c.cloneNode(true)); });
    return e;
  };
  var tip = element("div", "sb-float");
  tip.hidden = true;
  box.append(tip);
  // x and y are places in the box.
  fig.tip = function (content, x, y) {
    tip.hidden = !content;
    if (!content) return;
    tip.replaceChildren(content);
    var w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = Math.max(0, Math.min(x + 14, box.clientWidth - w)) + "px";
    tip.style.top = (y + 18 + h > box.clientHeight && y - h - 10 > -60 ? y - h - 10 : y + 18) + "px";
  };
  fig.open = function (head, nodes) {
    if (!panel) return;
    panel.replaceChildren(element("p", "sb-panelhead", head));
    nodes.forEach(function (n) { panel.append(n); });
    panel.hidden = false;
  };
  fig.quotes = function (r) { return Array.from(r.querySelectorAll(".sb-quote"), function (q) { return q.cloneNode(true); }); };
  fig.close = function () { if (panel) panel.hidden = true; };
  fig.pick = function (mark) {
    var r = fig.row(mark.dataset.row);
    if (r && panel) fig.open(r.dataset.title, fig.quotes(r));
  };
  function place(e) { var b = box.getBoundingClientRect(); return [e.clientX - b.left, e.clientY - b.top]; }
  fig.place = place;

  // Marks are reached with the arrow keys: the nearest in that direction is next.
  var marks = Array.from(svg.querySelectorAll("[data-mark]"));
  marks.forEach(function (m) {
    var r = fig.row(m.dataset.row);
    m.setAttribute("tabindex", "-1");
    m.setAttribute("role", "button");
    m.setAttribute("aria-label", r ? r.dataset.title : m.dataset.name + ", " + m.dataset.note);
  });
  if (marks.length) svg.setAttribute("tabindex", "0");
  function centre(m) { var b = m.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; }
  function shown(m) { return m.getClientRects().length && getComputedStyle(m).visibility !== "hidden"; }
  function next(from, dx, dy) {
    var best, least = Infinity, a = centre(from);
    marks.forEach(function (m) {
      var b = centre(m), x = b[0] - a[0], y = b[1] - a[1], along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (m === from || along < 1 || !shown(m)) return;
      if (along + 2 * aside < least) { least = along + 2 * aside; best = m; }
    });
    return best;
  }
  var arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  svg.addEventListener("keydown", function (e) {
    var on = document.activeElement, i = marks.indexOf(on), to;
    if (arrows[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) {
      to = i < 0 ? marks.find(shown) : next(on, arrows[e.key][0], arrows[e.key][1]);
      if (to) to.focus({ preventScroll: false });
    } else if ((e.key === "Enter" || e.key === " ") && i >= 0) fig.pick(on);
    else if (e.key === "Escape") { fig.close(); fig.tip(); if (fig.reset) fig.reset(); }
    else return;
    e.preventDefault();
  });
  svg.addEventListener("focusin", function (e) {
    if (e.target === svg || !e.target.matches(":focus-visible")) return;
    var c = centre(e.target), b = box.getBoundingClientRect();
    fig.tip(fig.describe(e.target), c[0] - b.left, c[1] - b.top);
  });
  svg.addEventListener("focusout", function () { fig.tip(); });

  if (extend) { extend(fig, data); return; }
  function over(e) { return e.target.closest && e.target.closest("[data-mark]"); }
  box.addEventListener("pointermove", function (e) {
    var m = over(e), p = place(e);
    fig.tip(m && fig.describe(m), p[0], p[1]);
  });
  box.addEventListener("pointerleave", function () { fig.tip(); });
  svg.addEventListener("click", function (e) {
    var m = over(e);
    if (m) fig.pick(m); else fig.close();
  });
}

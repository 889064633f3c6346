function (view, option) {
  if (!view) return;
  var box = view.querySelector(".sb-canvas"), panel = view.querySelector(".sb-panel");

  function element(name, className, text) {
    var e = document.createElement(name);
    e.className = className;
    e.textContent = text;
    return e;
  }
  // A datum may name its row of the table; else its place is the row's.
  function row(p) {
    var named = p.data && p.data.row;
    return view.querySelector('[data-row="' + (named === undefined || named === null ? p.dataIndex : named) + '"]');
  }

  // What a pointer shows lies in the table below the chart, escaped and highlighted
  // already; here it is only copied.
  function tip(p) {
    var e = element("div", "sb-tip", ""), r;
    if (Array.isArray(p)) p = p[0]; // all series at a place of the axis have one row
    r = row(p);
    if (!r) return "";
    if (r.closest(".sb-figures")) { // a table of figures, which its head explains
      Array.from(r.cells, function (c, i) {
        if (c.textContent) e.append(element("span", "sb-dim", r.closest("table").tHead.rows[0].cells[i].textContent + ": " + c.textContent));
      });
    }
    r.querySelectorAll("[data-tip]").forEach(function (c) { e.append(c.cloneNode(true)); });
    return e;
  }

  // The size for the width at hand; 0 while it is not on the screen.
  function size() {
    var width = box.clientWidth || 720, height = +box.dataset.height;
    if (box.dataset.width) height = Math.round(height * Math.min(1, width / box.dataset.width));
    box.style.height = height + "px";
    return { width: width, height: height };
  }

  function start() {
    var echarts = window.echarts, fallback, chart, fit;
    if (!echarts || view.dataset.live) return;
    view.dataset.live = "true";
    fallback = Array.from(box.childNodes);
    var alt = box.querySelector("img").alt;
    try {
      box.replaceChildren();
      fit = size();
      chart = echarts.init(box, null, { renderer: "svg", width: fit.width, height: fit.height });
      option.tooltip.formatter = tip;
      chart.setOption(option);
    } catch (err) {
      if (chart) chart.dispose();
      box.replaceChildren.apply(box, fallback);
      box.style.height = "";
      delete view.dataset.live;
      throw err;
    }
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", alt);
    if (window.ResizeObserver) {
      new ResizeObserver(function () {
        if (box.clientWidth && box.clientWidth !== chart.getWidth()) chart.resize(size());
      }).observe(box);
    }
    view.querySelectorAll(".sb-legend input").forEach(function (input, i) {
      var name = option.legend.data[i];
      if (name === undefined) return;
      function apply() { chart.dispatchAction({ type: input.checked ? "legendSelect" : "legendUnSelect", name: name }); }
      input.addEventListener("change", apply);
      if (!input.checked) apply();
    });
    if (!panel) return;
    chart.on("click", function (p) {
      var r = row(p);
      if (!r || !r.querySelector(".sb-quote")) return;
      panel.replaceChildren(element("p", "sb-panelhead", r.dataset.title));
      r.querySelectorAll(".sb-quote").forEach(function (q) { panel.append(q.cloneNode(true)); });
      panel.hidden = false;
    });
    chart.getZr().on("click", function (e) { if (!e.target) panel.hidden = true; });
  }

  start();
  if (!view.dataset.live) window.addEventListener("sparsebio-echarts", start, { once: true });
}

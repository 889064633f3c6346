function (fig, data) {
  // Makes a graph of a figure: filters, search, a node with its neighbours, zoom. A graph too large for elements of the
  // page is painted on a canvas; both have the same state and the same geometry.
  var view = fig.view, box = fig.box, svg = fig.svg, element = fig.element, W = data.width, H = data.height;
  var nodes = data.nodes.map(function (n, i) { return { i: i, name: n[0], type: n[1], count: n[2], x: n[3], y: n[4], r: n[5], degree: n[6], aliases: n[7], text: (n[0] + "\n" + n[7]).toLowerCase(), edges: [] }; });
  var edges = data.edges.map(function (e, i) {
    var o = { i: i, s: nodes[e[0]], t: nodes[e[1]], count: e[2], kind: e[3], score: e[4], bend: e[5], width: e[6], directed: e[7], row: e[8] };
    o.s.edges.push(o);
    o.t.edges.push(o);
    return o;
  });
  var off = [], least = { score: 0, count: 0 }, words = "", focus = null, hover = null, picked = null, near = new Set();
  var at = { k: 1, x: 0, y: 0 }, canvas = null, paintings = 0, status = element("span", "sb-status");
  // What a drawing on a canvas costs depends on these alone, not on the size of the graph.
  var most = { links: 2000, inFrame: 300, names: 90, tries: 600 };

  // Geometry, as the picture has it: a quadratic curve, with a head before the border of the target.
  function shape(e) {
    var a = e.s, b = e.t, c = { x0: a.x, y0: a.y, x1: (a.x + b.x) / 2 - (a.y - b.y) * e.bend, y1: (a.y + b.y) / 2 - (b.x - a.x) * e.bend, x2: b.x, y2: b.y };
    if (!e.directed) return c;
    var long = (data.canvas ? 2.5 : 6) + 1.3 * e.width, tip = before(c, b.r + 1), notch = before(c, b.r + 1 + 0.75 * long), back = before(c, b.r + 1 + long);
    var dx = tip.x - back.x, dy = tip.y - back.y, d = Math.hypot(dx, dy) || 1, side = long * 2 / 3;
    dx *= side / d;
    dy *= side / d;
    c.head = [tip.x, tip.y, back.x - dy, back.y + dx, notch.x, notch.y, back.x + dy, back.y - dx];
    c.x1 = c.x0 + (c.x1 - c.x0) * notch.t;
    c.y1 = c.y0 + (c.y1 - c.y0) * notch.t;
    c.x2 = notch.x;
    c.y2 = notch.y;
    return c;
  }
  function geometry(e) { return e.shape || (e.shape = shape(e)); }
  function on(c, t) {
    var u = 1 - t;
    return { x: u * u * c.x0 + 2 * u * t * c.x1 + t * t * c.x2, y: u * u * c.y0 + 2 * u * t * c.y1 + t * t * c.y2, t: t };
  }
  function before(c, distance) {
    var lo = 0.5, hi = 1, i, p, long = Math.hypot(c.x2 - c.x0, c.y2 - c.y0);
    if (c.x1 * 2 === c.x0 + c.x2 && c.y1 * 2 === c.y0 + c.y2) return on(c, Math.max(0.5, 1 - distance / (long || 1)));
    for (i = 0; i < 24; i++) {
      p = on(c, (lo + hi) / 2);
      if (Math.hypot(p.x - c.x2, p.y - c.y2) > distance) lo = p.t; else hi = p.t;
    }
    return on(c, lo);
  }
  function distance(c, x, y) {
    var best = Infinity, i, p, q = { x: c.x0, y: c.y0 }, steps = c.x1 * 2 === c.x0 + c.x2 && c.y1 * 2 === c.y0 + c.y2 ? 1 : 12;
    for (i = 1; i <= steps; i++) {
      p = on(c, i / steps);
      var vx = p.x - q.x, vy = p.y - q.y, l = vx * vx + vy * vy, t = l ? Math.max(0, Math.min(1, ((x - q.x) * vx + (y - q.y) * vy) / l)) : 0;
      best = Math.min(best, Math.hypot(x - q.x - t * vx, y - q.y - t * vy));
      q = p;
    }
    return best;
  }

  // What is drawn: 0 not at all, 1 faded, 2 in full.
  function state() {
    var types = data.types.length, centre = focus || !canvas && hover, filtered = least.score > 0 || least.count > 1 || off.some(Boolean);
    near.clear();
    edges.forEach(function (e) {
      e.show = off[e.s.type] || off[e.t.type] || e.kind >= 0 && off[types + e.kind] || e.score < least.score || e.count < least.count ? 0 : 2;
      if (e.show && centre && (e.s === centre || e.t === centre)) near.add(e.s).add(e.t);
    });
    if (centre) near.add(centre);
    nodes.forEach(function (n) {
      n.found = words !== "" && n.text.includes(words) && !off[n.type];
      n.show = off[n.type] ? 0 : 2;
      if (filtered && n.show && n.edges.length && !n.edges.some(function (e) { return e.show; })) n.show = 1;
      if (n.show && (centre ? !near.has(n) : words && !n.found)) n.show = 1;
    });
    edges.forEach(function (e) {
      if (!e.show) return;
      if (picked ? e !== picked : centre ? e.s !== centre && e.t !== centre : words && !e.s.found && !e.t.found) e.show = 1;
    });
  }
  function update() {
    state();
    var shown = edges.filter(function (e) { return e.show; }).length, found = nodes.filter(function (n) { return n.found; }).length;
    status.textContent = (shown < edges.length ? number(shown) + " of " + number(edges.length) + " links shown" : "") +
      (words ? (shown < edges.length ? ", " : "") + (found === 1 ? "1 name" : number(found) + " names") + " found" : "");
    if (canvas) { repaint(); return; }
    nodes.forEach(function (n) {
      n.el.classList.toggle("sb-hidden", !n.show);
      n.el.classList.toggle("sb-off", n.show === 1);
      n.el.classList.toggle("sb-found", n.found || n === focus);
      n.el.classList.toggle("sb-near", near.has(n));
    });
    edges.forEach(function (e) {
      e.el.classList.toggle("sb-hidden", !e.show);
      e.el.classList.toggle("sb-off", e.show === 1);
      e.el.classList.toggle("sb-picked", e === picked);
    });
  }
  function number(n) { return n.toLocaleString("en-US"); }
  function plural(n, noun) { return number(n) + " " + noun + (n === 1 ? "" : "s"); }

  // The page as elements.
  var root = svg.querySelector(".sb-root");
  function path(c) { return "M" + c.x0 + " " + c.y0 + "Q" + c.x1 + " " + c.y1 + " " + c.x2 + " " + c.y2; }
  function redraw(n) {
    n.edges.forEach(function (e) { e.shape = null; });
    if (canvas) { carry(n); return; }
    n.el.setAttribute("transform", "translate(" + n.x + " " + n.y + ")");
    n.edges.forEach(function (e) {
      var c = geometry(e), parts = e.el.querySelectorAll("path");
      parts[0].setAttribute("d", path(c));
      if (c.head) parts[1].setAttribute("d", "M" + c.head[0] + " " + c.head[1] + "L" + c.head.slice(2).join(" ") + "Z");
    });
  }
  function moved() {
    if (canvas) { slide(); return; }
    root.setAttribute("transform", "translate(" + at.x + " " + at.y + ") scale(" + at.k + ")");
    root.classList.toggle("sb-close", at.k > 1.7);
  }
  if (!data.canvas) {
    root.querySelectorAll(".sb-n").forEach(function (el, i) { nodes[i].el = el; });
    root.querySelectorAll(".sb-e").forEach(function (el, i) { edges[i].el = el; });
  }

  // The page as a canvas. It is painted from the front to the back, what matters most first: names, nodes, then links, the strongest
  // first and some in each frame, so that the page answers meanwhile.
  function repaint() {
    var mine = ++paintings;
    requestAnimationFrame(function () { if (mine === paintings) paint(mine); });
  }
  function backdrop() { return canvas.last = canvas.last || document.createElement("canvas"); }
  function keep() {
    var last = backdrop();
    if (last.width !== canvas.width || last.height !== canvas.height) {
      last.width = canvas.width;
      last.height = canvas.height;
    }
    var g = last.getContext("2d");
    g.globalCompositeOperation = "copy";
    g.drawImage(canvas, 0, 0);
    last.at = { k: at.k, x: at.x, y: at.y };
  }
  function onPaper(g) {
    var ratio = canvas.width / W;
    g.setTransform(ratio * at.k, 0, 0, ratio * at.k, ratio * at.x, ratio * at.y);
  }
  // While the drawing moves, the last one moves as an image; once it rests it is painted anew.
  function slide() {
    var g = canvas.getContext("2d"), last = canvas.last, ratio = canvas.width / W, k;
    paintings++;
    clearTimeout(canvas.rest);
    canvas.rest = setTimeout(repaint, 120);
    if (!last || !last.at) return;
    k = at.k / last.at.k;
    g.globalAlpha = 1;
    g.globalCompositeOperation = "copy";
    g.setTransform(k, 0, 0, k, ratio * (at.x - last.at.x * k), ratio * (at.y - last.at.y * k));
    g.drawImage(last, 0, 0);
    g.globalCompositeOperation = "source-over";
  }
  // A node that is pointed at or dragged is painted over the last drawing, with its links.
  function glance(n) {
    var g = canvas.getContext("2d"), style = getComputedStyle(view);
    slide();
    if (!n) return;
    onPaper(g);
    g.setLineDash([]);
    n.edges.forEach(function (e) {
      var kind = data.kinds[e.kind];
      if (!e.show) return;
      g.strokeStyle = kind ? kind[1] : style.color;
      g.lineWidth = 2.5 / Math.sqrt(at.k);
      trace(g, e);
    });
    g.strokeStyle = style.color;
    g.lineWidth = 2 / at.k;
    g.beginPath();
    g.arc(n.x, n.y, n.r + 2 / at.k, 0, 7);
    g.stroke();
  }
  function carry(n) {
    glance(n);
    var g = canvas.getContext("2d");
    g.fillStyle = data.types[n.type][isDark() ? 2 : 1];
    g.beginPath();
    g.arc(n.x, n.y, n.r, 0, 7);
    g.fill();
  }
  function isDark() { return /^rgba?\((\d+)/.exec(getComputedStyle(view).backgroundColor)[1] < 128; }
  function trace(g, e) {
    var c = geometry(e);
    g.beginPath();
    g.moveTo(c.x0, c.y0);
    if (e.bend) g.quadraticCurveTo(c.x1, c.y1, c.x2, c.y2); else g.lineTo(c.x2, c.y2);
    g.stroke();
  }
  // The part of the paper that is seen.
  function inView() { return [-at.x / at.k, -at.y / at.k, (W - at.x) / at.k, (H - at.y) / at.k]; }
  function paint(mine) {
    var g = canvas.getContext("2d"), style = getComputedStyle(view), ratio = canvas.width / W, dense = edges.length > 2000, busy = focus || words || picked;
    var dark = isDark(), w = inView(), i, e, c;
    clearTimeout(canvas.rest);
    g.globalAlpha = 1;
    g.globalCompositeOperation = "source-over";
    g.setLineDash([]);
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, canvas.width, canvas.height);
    g.globalCompositeOperation = "destination-over";
    paintNames(g, style, ratio);
    onPaper(g);
    var inside = nodes.filter(function (n) { return n.show && n.x + n.r > w[0] && n.x - n.r < w[2] && n.y + n.r > w[1] && n.y - n.r < w[3]; });
    g.strokeStyle = style.color;
    g.lineWidth = 2 / at.k;
    inside.forEach(function (n) {
      if (n !== focus && n !== canvas.on && !n.found) return;
      g.beginPath();
      g.arc(n.x, n.y, n.r + 2 / at.k, 0, 7);
      g.stroke();
    });
    [2, 1].forEach(function (show) {
      g.globalAlpha = show === 1 ? 0.12 : 1;
      data.types.forEach(function (t, type) {
        g.fillStyle = t[dark ? 2 : 1];
        inside.forEach(function (n) {
          if (n.show !== show || n.type !== type) return;
          g.beginPath();
          g.arc(n.x, n.y, n.r, 0, 7);
          g.fill();
        });
      });
    });
    // Edges come with the weakest first. One that is neither shown in full nor in view costs a comparison.
    canvas.links = [];
    canvas.more = 0;
    for (i = edges.length - 1; i >= 0; i--) {
      e = edges[i];
      if (e.show !== 2) continue;
      c = geometry(e);
      if (Math.max(c.x0, c.x1, c.x2) < w[0] || Math.min(c.x0, c.x1, c.x2) > w[2] || Math.max(c.y0, c.y1, c.y2) < w[1] || Math.min(c.y0, c.y1, c.y2) > w[3]) continue;
      if (canvas.links.length < most.links) canvas.links.push(e); else canvas.more++;
    }
    canvas.note.textContent = canvas.more ? "The strongest " + number(canvas.links.length) + " of " + number(canvas.links.length + canvas.more) + " links in view; zoom in, filter or click a name for the others" : "";
    function links(from) {
      g.globalCompositeOperation = "destination-over";
      g.globalAlpha = busy || !dense ? 0.9 : 0.4;
      onPaper(g);
      canvas.links.slice(from, from + most.inFrame).forEach(function (e) {
        var kind = data.kinds[e.kind], h = geometry(e).head;
        g.strokeStyle = g.fillStyle = kind ? kind[1] : "#8b95a1";
        g.lineWidth = e.width / Math.sqrt(at.k);
        g.setLineDash(kind && kind[2] || []);
        if (h) {
          g.beginPath();
          g.moveTo(h[0], h[1]);
          g.lineTo(h[2], h[3]);
          g.lineTo(h[4], h[5]);
          g.lineTo(h[6], h[7]);
          g.fill();
        }
        trace(g, e);
      });
      keep();
      if (from + most.inFrame < canvas.links.length) requestAnimationFrame(function () { if (mine === paintings) links(from + most.inFrame); });
    }
    links(0);
  }
  // The names of the nodes with most links, where they find room.
  function paintNames(g, style, ratio) {
    var taken = [], room = most.names, tries = most.tries;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.font = "12px " + style.fontFamily;
    g.textBaseline = "middle";
    g.lineJoin = "round";
    g.lineWidth = 3;
    g.strokeStyle = style.backgroundColor;
    g.fillStyle = style.color;
    canvas.order.forEach(function (n) {
      var wanted = n === focus || n === canvas.on;
      if (n.show !== 2 || (room <= 0 || tries <= 0) && !wanted) return;
      var x = n.x * at.k + at.x + n.r * at.k + 4, y = n.y * at.k + at.y, w;
      if (x < 0 || x > W || y < 0 || y > H) return;
      tries--;
      n.label = n.label || (n.name.length > 28 ? n.name.slice(0, 28) + "…" : n.name);
      w = n.wide = n.wide || g.measureText(n.label).width;
      if (x + w > W) x -= w + 2 * n.r * at.k + 8; // to the left of it
      if (!wanted && taken.some(function (b) { return x < b[2] && b[0] < x + w && y - 7 < b[3] && b[1] < y + 7; })) return;
      taken.push([x - 4, y - 7, x + w + 4, y + 7]);
      room--;
      g.fillText(n.label, x, y);
      g.strokeText(n.label, x, y);
    });
  }
  if (data.canvas) {
    svg.remove();
    canvas = element("canvas", "sb-paint");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", svg.getAttribute("aria-label"));
    canvas.order = nodes.slice().sort(function (a, b) { return b.degree - a.degree || a.i - b.i; });
    canvas.links = [];
    canvas.more = 0;
    canvas.note = element("span", "sb-more");
    box.append(canvas, canvas.note);
    var fit = function () {
      var ratio = window.devicePixelRatio || 1, wide = Math.min(W, box.clientWidth || W);
      canvas.style.width = wide + "px";
      canvas.style.height = H * wide / W + "px";
      canvas.width = Math.round(wide * ratio);
      canvas.height = Math.round(H * wide / W * ratio);
      repaint();
    };
    fit();
    if (window.ResizeObserver) new ResizeObserver(fit).observe(box);
    matchMedia("(prefers-color-scheme:dark)").addEventListener("change", repaint);
    new MutationObserver(repaint).observe(document.body, { attributes: true });
  }
  var surface = canvas || svg;

  // Zoom and places. One unit is a pixel of the drawing, which a narrow page shrinks.
  function unit() { return W / (surface.getBoundingClientRect().width || W); }
  function world(e) {
    var b = surface.getBoundingClientRect(), u = unit();
    return { x: ((e.clientX - b.left) * u - at.x) / at.k, y: ((e.clientY - b.top) * u - at.y) / at.k };
  }
  function zoom(by, x, y) {
    var k = Math.max(0.4, Math.min(12, at.k * by));
    at.x = x - (x - at.x) * k / at.k;
    at.y = y - (y - at.y) * k / at.k;
    at.k = k;
    moved();
  }
  function centre(n) {
    if (at.k < 1.3) at.k = 1.3;
    at.x = W / 2 - n.x * at.k;
    at.y = H / 2 - n.y * at.k;
    moved();
  }
  function hit(e) {
    var el = e.target.closest && e.target.closest(".sb-n,.sb-e"), p = world(e), best = null, least = Infinity, slack = 5 * unit() / at.k;
    if (el && !canvas) return el.classList.contains("sb-n") ? nodes.find(function (n) { return n.el === el; }) : edges.find(function (d) { return d.el === el; });
    nodes.forEach(function (n) {
      var d = Math.hypot(p.x - n.x, p.y - n.y) - n.r;
      if (n.show && d < least && d < slack) { best = n; least = d; }
    });
    if (best) return best;
    (canvas ? canvas.links : edges).forEach(function (d) {
      if (!d.show || d.bend === 0 && (p.x < Math.min(d.s.x, d.t.x) - slack || p.x > Math.max(d.s.x, d.t.x) + slack || p.y < Math.min(d.s.y, d.t.y) - slack || p.y > Math.max(d.s.y, d.t.y) + slack)) return;
      var far = distance(geometry(d), p.x, p.y) + (d.show === 1 ? 3 : 0);
      if (far < least && far < slack) { best = d; least = far; }
    });
    return best;
  }

  // What is said about a node and an edge.
  function label(n) { return data.types[n.type][0] + " · " + plural(n.count, "mention") + " · " + plural(n.degree, "link"); }
  function kindName(e) { return e.kind >= 0 ? data.kinds[e.kind][0] : ""; }
  function title(e) { return e.s.name + (e.directed ? " → " : " – ") + e.t.name; }
  function about(e) {
    return (kindName(e) ? kindName(e) + ", " : "") + plural(e.count, "sentence") + (e.score ? ", score " + e.score.toFixed(2) : "");
  }
  function describe(what) {
    if (what.edges) return fig.note(what.name, label(what));
    var r = fig.row(what.row), tip;
    if (!r) return fig.note(title(what), about(what));
    tip = element("div", "sb-tip");
    r.querySelectorAll("[data-tip]").forEach(function (c) { tip.append(c.cloneNode(true)); });
    return tip;
  }
  function openEdge(e) {
    var r = fig.row(e.row), parts = r ? fig.quotes(r) : [element("span", "sb-quote sb-dim", "The sentences of this link are not in the page; the table has those of the strongest links.")];
    if (focus) {
      var back = element("button", "", "← " + focus.name);
      back.type = "button";
      back.onclick = function () { openNode(focus); };
      parts.push(back);
    }
    picked = e;
    fig.open(r ? r.dataset.title : title(e) + ", " + about(e), parts);
    update();
  }
  function openNode(n) {
    focus = n;
    hover = picked = null;
    update();
    var strokes = view.querySelectorAll(".sb-link .sb-stroke"), list = element("div", "sb-links"), shown = n.edges.filter(function (e) { return e.show; }).sort(function (a, b) { return b.count - a.count || a.i - b.i; });
    shown.slice(0, 50).forEach(function (e) {
      var other = e.s === n ? e.t : e.s, b = element("button", ""), stroke = strokes[e.kind];
      b.type = "button";
      if (e.kind >= 0 && stroke) b.append(stroke.cloneNode(true));
      b.append((e.directed ? (e.s === n ? "→ " : "← ") : "") + other.name + " ", element("span", "sb-dim", about(e)));
      b.onclick = function () { openEdge(e); };
      list.append(b);
    });
    if (shown.length > 50) list.append(element("span", "sb-dim", "and " + plural(shown.length - 50, "link") + " more"));
    var parts = [element("span", "sb-dim", label(n))];
    if (n.aliases) parts.push(element("span", "sb-dim sb-quote", "also " + n.aliases));
    fig.open(n.name, parts.concat(list));
  }
  fig.reset = function () {
    focus = hover = picked = null;
    fig.close();
    update();
  };
  fig.pick = function (mark) { act(nodes.find(function (n) { return n.el === mark; }) || edges.find(function (e) { return e.el === mark; })); };
  function act(what) {
    if (!what) fig.reset();
    else if (what.edges) openNode(what);
    else openEdge(what);
  }

  function point(n) {
    hover = n;
    if (canvas) glance(n); else update();
  }
  // The pointer: a node is dragged, the paper too.
  var down = null, dragged = false;
  box.addEventListener("pointerdown", function (e) {
    if (e.button || !surface.contains(e.target)) return;
    var what = hit(e);
    down = { x: e.clientX, y: e.clientY, at: { x: at.x, y: at.y }, node: what && what.edges ? what : null, id: e.pointerId };
    dragged = false;
  });
  box.addEventListener("pointermove", function (e) {
    var u = unit(), p, what;
    if (down && !dragged && Math.hypot(e.clientX - down.x, e.clientY - down.y) > 4) {
      dragged = true;
      fig.tip();
      box.setPointerCapture(down.id);
    }
    if (down && dragged) {
      if (down.node) {
        p = world(e);
        down.node.x = p.x;
        down.node.y = p.y;
        redraw(down.node);
      } else {
        at.x = down.at.x + (e.clientX - down.x) * u;
        at.y = down.at.y + (e.clientY - down.y) * u;
        moved();
      }
      return;
    }
    what = surface.contains(e.target) ? hit(e) : null;
    p = fig.place(e);
    fig.tip(what && describe(what), p[0], p[1]);
    surface.style.cursor = what ? "pointer" : "grab";
    p = what && what.edges ? what : null;
    if (!focus && !picked && p !== hover) point(p);
  });
  function up() { down = null; }
  box.addEventListener("pointerup", up);
  box.addEventListener("pointercancel", up);
  box.addEventListener("pointerleave", function () {
    fig.tip();
    if (hover) point(null);
  });
  box.addEventListener("click", function (e) {
    if (dragged) { dragged = false; return; }
    if (surface.contains(e.target)) act(hit(e));
  });
  // A wheel alone scrolls the page.
  box.addEventListener("wheel", function (e) {
    if (!e.ctrlKey && !e.metaKey) return;
    var b = surface.getBoundingClientRect(), u = unit();
    e.preventDefault();
    zoom(Math.exp(-e.deltaY / 300), (e.clientX - b.left) * u, (e.clientY - b.top) * u);
  }, { passive: false });
  surface.addEventListener("keydown", function (e) {
    var step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (e.key === "+" || e.key === "=") zoom(1.25, W / 2, H / 2);
    else if (e.key === "-") zoom(0.8, W / 2, H / 2);
    else if (e.key === "0") { at = { k: 1, x: 0, y: 0 }; moved(); }
    else if (!canvas) return;
    else if (e.key === "Escape") { canvas.on = null; fig.reset(); }
    else if ((e.key === "Enter" || e.key === " ") && canvas.on) openNode(canvas.on);
    else if (step) {
      var from = canvas.on, best = from ? null : canvas.order[0], least = Infinity;
      if (from) nodes.forEach(function (n) {
        var x = n.x - from.x, y = n.y - from.y, along = x * step[0] + y * step[1], aside = Math.abs(x * step[1]) + Math.abs(y * step[0]);
        if (n !== from && n.show && along > 1 && along + 2 * aside < least) { best = n; least = along + 2 * aside; }
      });
      canvas.on = best || from;
      fig.open(canvas.on.name, [element("span", "sb-dim", label(canvas.on))]);
      repaint();
    } else return;
    e.preventDefault();
  });

  // The tools stand above the drawing.
  var tools = element("div", "sb-tools"), search = element("input", "sb-search");
  search.type = "search";
  search.placeholder = "Find a name";
  search.setAttribute("aria-label", "Find a name");
  var turn = -1;
  search.addEventListener("input", function () {
    words = search.value.trim().toLowerCase();
    turn = -1;
    focus = picked = hover = null;
    fig.close();
    update();
  });
  search.addEventListener("keydown", function (e) {
    if (e.key === "Escape") { search.value = ""; words = ""; fig.reset(); }
    if (e.key !== "Enter" || !words) return;
    e.preventDefault();
    var found = nodes.filter(function (n) { return n.found; });
    if (!found.length) return;
    turn = (turn + 1) % found.length;
    centre(found[turn]);
    openNode(found[turn]);
  });
  tools.append(search);
  function slider(name, key, low, high, step, show) {
    if (!(low < high)) return;
    var l = element("label", "sb-" + key, name + " "), r = element("input", ""), o = element("output", "", show(low));
    r.type = "range";
    r.min = low;
    r.max = high;
    r.step = step;
    r.value = low;
    r.setAttribute("aria-label", name);
    r.addEventListener("input", function () {
      least[key] = +r.value > low ? +r.value : 0;
      o.textContent = show(+r.value);
      update();
      if (focus && !picked) openNode(focus);
    });
    l.append(r, o);
    tools.append(l);
  }
  var scores = edges.map(function (e) { return e.score; }).filter(Boolean);
  function range(of) { return of.reduce(function (m, x) { return [Math.min(m[0], x), Math.max(m[1], x)]; }, [Infinity, -Infinity]); }
  var s = range(scores), c = range(edges.map(function (e) { return e.count; }));
  slider("Score at least", "score", Math.floor(s[0] * 100) / 100, Math.floor(s[1] * 100) / 100, 0.01, function (x) { return x.toFixed(2); });
  slider("Sentences at least", "count", c[0], c[1], 1, String);
  status.setAttribute("role", "status");
  var buttons = element("span", "sb-zoom");
  [["−", "Zoom out", function () { zoom(0.8, W / 2, H / 2); }], ["+", "Zoom in", function () { zoom(1.25, W / 2, H / 2); }], ["Reset", "Reset the drawing", function () {
    at = { k: 1, x: 0, y: 0 };
    moved();
    fig.reset();
  }]].forEach(function (b) {
    var e = element("button", "", b[0]);
    e.type = "button";
    e.title = b[1];
    e.setAttribute("aria-label", b[1]);
    e.onclick = b[2];
    buttons.append(e);
  });
  tools.append(status);
  box.before(tools);
  box.append(buttons);
  if (fig.panel) fig.panel.setAttribute("aria-live", "polite");
  view.querySelectorAll(".sb-legend input").forEach(function (input, i) {
    function apply() { off[i] = !input.checked; update(); if (focus && !picked) openNode(focus); }
    off[i] = !input.checked;
    input.addEventListener("change", apply);
  });
  update();
  view.querySelector(".sb-caption").append(element("span", "sb-hint", edges.length ? " Click a name for its neighbours, a line for the sentences behind it, the paper to go back. Arrow keys, Enter and Escape do the same; Ctrl and the wheel zoom." : ""));
}

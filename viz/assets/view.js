function (script) {
  // The view is the element before its script. There are no ids to look for, so the same output may stand in a page twice.
  // The classic notebook and VS Code run a copy of the script elsewhere in the page; then it is the first view that no other
  // copy took and whose script reads the same.
  function before(s) {
    var v = s.previousElementSibling;
    return v && v.classList.contains("sb-view") ? v : null;
  }
  var view = script && before(script);
  if (script && !view) {
    view = Array.from(script.getRootNode().querySelectorAll("script"), function (s) { return s !== script && s.text === script.text && before(s); })
      .find(function (v) { return v && !v.sbTaken; });
  }
  if (view) view.sbTaken = true;
  return view;
}

"use strict";
// Ties sound, keys and pictures of a recording together.
function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const minutes = Math.floor(tenths / 600), rest = (tenths % 600) / 10;
  const tail = (rest < 10 ? "0" : "") + rest.toFixed(1);
  if (minutes < 60) return minutes + ":" + tail;
  return Math.floor(minutes / 60) + ":" + String(minutes % 60).padStart(2, "0") + ":" + tail;
}

function odds(llr) {
  if (Math.abs(llr) < Math.log(1.05)) return "even";
  const ratio = Math.exp(Math.min(Math.abs(llr), Math.log(1e6)));
  const figure = ratio < 10 ? ratio.toFixed(1).replace(/\.0$/, "") : Number(ratio.toPrecision(2)).toLocaleString("en").replace(/,/g, "\u202f");
  return (Math.abs(llr) > Math.log(1e6) ? ">" : "") + figure + ":1 " + (llr > 0 ? "real" : "synthetic");
}

function furnish(article) {
  const find = (selector) => article.querySelector(selector);
  const audio = find("audio"), seek = find(".seek"), head = find(".playhead"), toggle = find(".toggle");
  const duration = Math.max(Number(article.dataset.duration), 0.001);
  const scores = JSON.parse(article.dataset.scores);
  const starts = [...article.querySelectorAll(".segments .hear")].map((button) => Number(button.dataset.from));
  const reach = Math.max(2.5, duration / Math.max(scores.length, 1)); // scores are thinned in long recordings
  let at = 0, until = Infinity, frame = 0;

  function nearest(time) {
    let low = 0, high = scores.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scores[middle][0] < time) low = middle + 1; else high = middle;
    }
    if (low > 0 && time - scores[low - 1][0] < scores[low][0] - time) low -= 1;
    return scores[low];
  }

  function show(time) {
    at = Math.min(Math.max(time, 0), duration);
    const score = scores.length ? nearest(at) : null;
    const says = score && Math.abs(score[0] - at) < reach ? odds(score[1]) : "no score here";
    head.style.left = (100 * at) / duration + "%";
    find(".now").textContent = clock(at);
    find(".says").textContent = says;
    seek.setAttribute("aria-valuenow", at.toFixed(2));
    seek.setAttribute("aria-valuetext", clock(at) + ", " + says);
  }

  function follow() {
    cancelAnimationFrame(frame);
    show(audio.currentTime);
    keepInView();
    if (audio.currentTime >= until) { audio.pause(); until = Infinity; }
    if (!audio.paused) frame = requestAnimationFrame(follow);
  }

  function keepInView() {
    const view = find(".window"), canvas = find(".canvas");
    if (canvas.clientWidth <= view.clientWidth) return;
    const x = (at / duration) * canvas.clientWidth;
    if (x < view.scrollLeft || x > view.scrollLeft + view.clientWidth) view.scrollLeft = x - view.clientWidth / 4;
  }

  function go(time) {
    until = Infinity;
    show(time);
    keepInView();
    if (audio) audio.currentTime = at;
  }

  function play(from, end = Infinity) {
    if (!audio) return;
    if (from !== undefined) go(from);
    until = end;
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    audio.play().catch(unheard);
  }

  function unheard() {
    find(".says").textContent = "this browser cannot play the file";
  }

  const timeAt = (event) => {
    const box = seek.getBoundingClientRect();
    return (duration * (event.clientX - box.left)) / box.width;
  };
  seek.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    seek.setPointerCapture(event.pointerId);
    go(timeAt(event));
  });
  seek.addEventListener("pointermove", (event) => {
    if (seek.hasPointerCapture(event.pointerId)) go(timeAt(event));
  });
  seek.addEventListener("pointerup", () => play());

  article.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const onSlider = event.target === seek, step = event.shiftKey ? 5 : 1;
    const typing = /^(INPUT|SELECT|BUTTON|SUMMARY|A)$/.test(event.target.tagName);
    const later = starts.filter((start) => start > at + 0.05), earlier = starts.filter((start) => start < at - 0.5);
    const steps = { ArrowRight: at + step, ArrowUp: at + step, ArrowLeft: at - step, ArrowDown: at - step,
      PageUp: at + duration / 10, PageDown: at - duration / 10, Home: 0, End: duration };
    if (event.key === " " && !typing) audio && (audio.paused ? play() : audio.pause());
    else if (event.key === "Enter" && onSlider) play(at);
    else if (event.key in steps && onSlider) go(steps[event.key]);
    else if (event.key === "]" && !typing && later.length) go(later[0]);
    else if (event.key === "[" && !typing && earlier.length) go(earlier[earlier.length - 1]);
    else return;
    event.preventDefault();
  });

  const zoom = find(".zoom");
  zoom.hidden = false;
  zoom.querySelector("select").addEventListener("change", (event) => {
    article.querySelector(".stage").style.setProperty("--zoom", event.target.value);
    find(".window").scrollLeft = (at / duration) * find(".canvas").clientWidth - find(".window").clientWidth / 2;
  });

  if (audio) {
    audio.controls = false;
    toggle.hidden = false;
    toggle.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
    audio.addEventListener("play", () => { mark(true); follow(); });
    audio.addEventListener("pause", () => mark(false));
    audio.addEventListener("seeked", () => audio.paused && show(audio.currentTime));
    audio.addEventListener("error", unheard);
    const speed = find(".speed");
    speed.hidden = false;
    speed.querySelector("select").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
    for (const button of article.querySelectorAll(".hear"))
      button.addEventListener("click", () => play(Number(button.dataset.from), Number(button.dataset.until || Infinity)));
  }
  function mark(playing) {
    toggle.setAttribute("aria-pressed", playing);
    toggle.querySelector(".word").textContent = playing ? "Pause" : "Play";
  }
  show(0);
}

document.documentElement.classList.add("js");
document.querySelectorAll("article.recording").forEach(furnish);

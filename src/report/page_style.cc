// The style sheet of a report. Colours are variables, one set for a light and one for a dark screen; blue and orange
// are told apart by people of any colour vision (Okabe, Ito 2008).
#include "report/page.h"

namespace mtnlp {

const char* const kPageStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--card:#f6f7f9;--ink:#1b1f24;--soft:#59636e;--rule:#d5dae0;--accent:#0b63a5;
--hit:0,114,178;--miss:213,94,0;--s0:#0072b2;--s1:#c25200;--s2:#007a5a;--s3:#a8568a;--s4:#9a6a00;--s5:#3f8fc0}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2126;--ink:#e7eaee;--soft:#a3acb6;--rule:#343b43;
--accent:#6cb6f0;--hit:86,180,233;--miss:240,130,50;--s0:#5ab4ee;--s1:#f08a3c;--s2:#35c69b;--s3:#e0a0c6;--s4:#e6b43c;--s5:#9fd3f5}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
body>header,body>nav,main,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
body>header{padding-top:2.5rem}
h1,h2,h3,h4{line-height:1.25;font-weight:600;margin:0}
h1{font-size:1.75rem}
h2{font-size:1.4rem;margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule)}
h3{font-size:1.15rem;margin-top:2.5rem}
h4{font-size:1rem;margin-top:2rem}
p,ul,ol,dl{margin:.6rem 0}
p,li{max-width:46rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.soft,small,caption,summary,figcaption{color:var(--soft)}
small{font-size:.8em}
.skip{position:absolute;left:-100vw}
.skip:focus{left:1rem;top:1rem;background:var(--page);padding:.5rem 1rem;z-index:1}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem}
nav li{max-width:none}
nav li:has(ul){width:100%}
nav li ul{margin:0}
nav a{display:inline-block;padding:.2rem 0}
.cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));margin:1rem 0}
.card{max-width:34rem;background:var(--card);border-radius:.6rem;padding:1rem 1.2rem}
.card h3,.card h4{margin:0;font-size:1rem}
.card dl{display:grid;gap:.7rem 1.2rem;grid-template-columns:repeat(auto-fit,minmax(max(7rem,40%),1fr));margin:.8rem 0 0}
.card dt{color:var(--soft);font-size:.85rem}
.card dd{margin:0;font-variant-numeric:tabular-nums;line-height:1.3}
.card dd span{font-size:.85rem}
.card dd b{display:block;font-size:1.5rem;font-weight:600}
.charts{display:grid;gap:1rem 2rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));align-items:start}
.charts>*{min-width:0}
figure{margin:1rem 0 0}
figcaption{font-size:.9rem;margin-bottom:.3rem}
svg.chart{display:block;width:100%;max-width:27rem;height:auto;font-size:12px}
svg.chart text{fill:var(--soft)}
svg.chart .grid{stroke:var(--rule)}
svg.chart .axis{stroke:var(--soft)}
svg.chart polyline{stroke-width:2;stroke-linejoin:round}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:.9rem;padding-bottom:.4rem;position:sticky;left:0;max-width:min(46rem,calc(100vw - 2.6rem))}
th,td{padding:.35rem .7rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule);white-space:nowrap}
th{font-weight:500}
thead th{color:var(--soft);vertical-align:bottom}
th:first-child,.text td,.text th{text-align:left}
tbody th{white-space:normal;min-width:7rem;max-width:18rem}
td small{display:block}
.text td{white-space:normal;min-width:8rem}
.heat th,.heat td{border:0;padding:.25rem .4rem}
.heat td{text-align:center;min-width:3.1rem;background:rgba(var(--of),var(--a));border:1px solid var(--page);line-height:1.2}
.heat td.none{background:none;color:var(--soft)}
.heat td small{color:inherit}
.heat thead th{text-align:center;max-width:7rem;white-space:normal}
.heat.many thead th{vertical-align:bottom}
.heat.many thead th span{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block;max-height:13rem;overflow:hidden;white-space:nowrap}
.heat tbody th,.bars tbody th{position:sticky;left:0;background:var(--page);min-width:7rem;max-width:11rem}
@media(max-width:40rem){.heat tbody th,.bars tbody th{min-width:7.6rem;max-width:7.6rem}}
svg.bar{width:7.5rem;height:1rem;vertical-align:middle}
.bar .track{fill:var(--card)}.bar .fill{fill:var(--s0);opacity:.75}.bar path{stroke:var(--ink);fill:none}
ol.errors{padding-left:1.6rem}
ol.errors li{margin:.9rem 0;padding-left:.3rem}
blockquote{margin:0 0 .2rem;padding-left:.8rem;border-left:3px solid var(--rule);white-space:pre-wrap}
pre{background:var(--card);border-radius:.5rem;padding:.9rem 1rem;overflow-x:auto;font:.88rem/1.5 ui-monospace,Menlo,Consolas,monospace;
white-space:pre-wrap;word-break:break-word}
summary{cursor:pointer;padding:.3rem 0}
.warning{border-left:3px solid var(--s1);padding-left:.8rem}
footer{margin-top:4rem;padding-bottom:3rem;color:var(--soft);font-size:.9rem}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media print{.scroll{overflow:visible}nav,.skip{display:none}h2{break-before:auto}figure,tr,.card{break-inside:avoid}}
)css";

}  // namespace mtnlp

// Every page loads this one, so that there is one copy of each part.

import "./progress.js";
import "./quiz.js";
import "./survey.js";
import "./home.js";
import "./notes.js";
import "./room.js";
import "./scrollable.js";

import multiprocessing
import os

bind = ":" + os.environ.get("PORT", "8000")
workers = min(multiprocessing.cpu_count() * 2 + 1, 8)
worker_class = "gthread"
threads = 4
timeout = 60
accesslog = "-"
errorlog = "-"
forwarded_allow_ips = "*"
limit_request_line = 4094

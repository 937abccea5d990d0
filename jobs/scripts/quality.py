from oleoduto_jobs.etl.quality import main

main()
